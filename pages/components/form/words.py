"""The engine's sentences with its settings called as on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from distill_core.config import settings_by_name
from distill_core.config.explained import explanation
from distill_core.losses.registry import LOSSES

FOLDER, PROMPTS_FILE = "Folder of images", "File of prompts"
NAMES = {name: explanation(name).title for name in settings_by_name()} | {
    "data_folder": FOLDER,
    **{
        name.partition(".")[2]: explanation(name).title
        for name in ("phases.share", "phases.easiest", "phases.lr_scale", "terms.weight", "terms.layers")
    },
}
"""What settings are called on the screen, by leaf name."""
_PLAIN = (
    ("greater than or equal to", "at least"),
    ("less than or equal to", "at most"),
    ("greater than", "above"),
    ("less than", "below"),
)


def help_of(name: str, null: str = "none") -> str:
    """What a setting is and why, for the question mark beside its input.

    Args:
        name: of the setting, as `explanation` takes it.
        null: what the input shows where a file says null.
    """
    return explanation(name).sentences(null)


def line_of(name: str) -> str:
    """What a setting is, in the one sentence that stands below its input."""
    return explanation(name).sentence()


def on_screen(sentence: str, terms: Sequence[str] = (), *, of_images: bool = True) -> str:
    """``training.epochs: got 0; it must be greater than or equal to 1 (an epoch ...)`` -> ``Epochs: got 0; it ...``.

    A phase is told by its place, a method by its name: ``phases.0.alpha`` -> ``Alpha (phase 1)``; ``terms.0.weight`` ->
    ``Weight of “Hint (FitNets)”``.

    Args:
        sentence: of the engine.
        terms: the losses of the run's further terms, in order; without them a method has no name.
        of_images: whether the run is about images; one about texts has a file of prompts where that has a folder.
    """
    where, colon, rest = sentence.partition(": ")
    path = where.split(".")
    if not colon or not re.fullmatch(r"[a-z_0-9.-]+", where):
        return sentence
    names = NAMES if of_images else NAMES | {"data_folder": PROMPTS_FILE}
    named = [names[part] for part in path if part in names]
    if not named:
        return sentence
    number = int(path[1]) if len(path) > 2 and path[1].isdigit() else None
    place = f" (phase {number + 1})" if path[0] == "phases" and number is not None else ""
    if path[0] == "terms" and number is not None and number < len(terms) and terms[number] in LOSSES:
        named[-1] = named[-1].replace("a method", f"“{LOSSES[terms[number]].title}”")
    if "; it must be" in rest:
        rest = re.sub(r" \([^()]*\)$", "", rest)
        rest = re.sub(r"^got (-?\d+)\.0;", r"got \1;", rest)
        for theirs, ours in _PLAIN:
            rest = rest.replace(theirs, ours)
    return f"{named[-1]}{place}: {rest}"


def of_failure(sentence: str) -> str:
    """Why a run failed, with losses and settings as on the screen: ``kd nan`` -> ``Soft labels nan``."""
    for name, info in LOSSES.items():
        sentence = re.sub(rf"(?<=[;,] ){name} (?=-?(?:nan|inf|\d))", f"{info.title} ", sentence)
        sentence = sentence.replace(f"'{name}'", f"“{info.title}”")
    return sentence.replace("clip_norm", f"“{NAMES['clip_norm']}”")


LAYER_WORDS = {
    "auto": "Suggested",
    "direct": "Direct: equal shapes only",
    "progressive": "Progressive: widened step by step",
    "depth": "By depth: a plain connector each",
    "by hand": "By hand",
}


def of_layers(sentence: str, title: str = "") -> str:
    """A refusal of the layer map: the method's name and quoted names of settings as they stand on the screen."""
    sentence = sentence.removeprefix(f"{title}: ").removeprefix("layer map: ").removeprefix("connector: ")
    for name, info in LOSSES.items():
        sentence = sentence.replace(f"'{name}'", f"“{info.title}”")
    for name, words in LAYER_WORDS.items():
        sentence = sentence.replace(f"'{name}'", f"“{words.partition(':')[0]}”")
    return sentence[:1].upper() + sentence[1:]
