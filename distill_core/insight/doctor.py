"""What is known of a run before it starts: the teacher's worth, what models are given, what training takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.foresight import student_parameters
from distill_core.insight.layer_map import NOTHING, LayerMap, layer_map
from distill_core.insight.names import teacher_name
from distill_core.insight.words import count, megabytes, percent
from distill_core.losses.registry import LOSSES, loss_named
from distill_core.task import Foreseen, task_named

BYTES = 4
"""Of a number at 32 bits, in which models train here."""
MOMENTS = {"sgd": 1, "adamw": 2}
"""Numbers that an optimiser keeps of each parameter."""


@dataclass(frozen=True)
class Finding:
    """A sentence about the run; `state` is "fine", or "open" where something is not known before the run starts."""

    about: str
    sentence: str
    state: Literal["fine", "open"] = "fine"


def findings(config: DistillConfig) -> Iterator[Finding]:
    """Everything that can be told of a run that nothing refuses, from cards and sizes alone.

    Raises:
        DistillError: if a model or the data cannot be found.
    """
    task = task_named(config.task)
    data = task.foreseen(config)
    if config.teacher is not None:
        card = task.card_of(config.teacher, data.facts(config.dataset))
        yield _worth(config.teacher, card)
        if card is not None:
            yield _classes(config, card, data)
            if card.mean:
                yield _inputs(card)
        yield from _layers(config)
    yield _memory(config, data)


def _worth(reference: str, card: ModelCard | None) -> Finding:
    name = teacher_name(reference)
    if card is None or card.accuracy is None:
        told = f"Nobody wrote down how good {name} is; it is scored on validation before the student learns."
        return Finding("Teacher", told, "open")
    on = card.accuracy_on or f"the test split of {card.dataset}"
    return Finding("Teacher", f"{name} is right on {percent(card.accuracy)} of {on}, says its card.")


def _classes(config: DistillConfig, card: ModelCard, data: Foreseen) -> Finding:
    what = "classes" if config.task == "vision" else "tokens"
    if not data.named and data.vocabulary is None:
        told = f"It knows {card.outputs:,} {what}, as many as {config.dataset}; whether in its order shows later."
        return Finding("Classes", told, "open")
    return Finding("Classes", f"It knows the same {card.outputs:,} {what} as {config.dataset}, in the same order.")


def _inputs(card: ModelCard) -> Finding:
    size = "×".join(map(str, card.input_shape[1:]))
    mean, std = (" / ".join(f"{value:.3g}" for value in values) for values in (card.mean, card.std))
    return Finding(
        "Images",
        f"It gets them as it was trained on them: {size} pixels, {card.input_shape[0]} "
        f"channel{'s' if card.input_shape[0] > 1 else ''}, mean {mean}, standard deviation {std}.",
    )


def _layers(config: DistillConfig) -> Iterator[Finding]:
    """One sentence for all methods that pair layers."""
    paired = [term.loss for term in config.terms if term.weight != 0 and loss_named(term.loss).layers != "none"]
    if paired:
        yield Finding("Layers", " ".join(_fit(loss, layer_map(config, loss)) for loss in paired))


def _fit(loss: str, found: LayerMap) -> str:
    pairs = f"{len(found.pairs)} pair{'s' if len(found.pairs) != 1 else ''} of layers"
    between = list(dict.fromkeys(pair.connector for pair in found.pairs))
    if all(each.startswith(NOTHING) for each in between):
        return f"{LOSSES[loss].title}: {pairs}, whose shapes fit as they are."
    joined = between[0].replace("->", "→") if len(between) == 1 else f"{found.parameters:,} parameters that train along"
    return f"{LOSSES[loss].title}: {pairs}, joined by {joined}."


def _memory(config: DistillConfig, data: Foreseen) -> Finding:
    """Of what is there throughout; what layers hold for one batch comes and goes with it."""
    parameters = student_parameters(config)
    if parameters is None:
        return Finding("Memory", "How large the student is shows when it is built.", "open")
    training = BYTES * parameters * (2 + MOMENTS[config.optimiser.optimiser])
    told = f"Weights, gradients and optimiser of {count(parameters)} parameters take {megabytes(training)}"
    kept = _kept_answers(config, data)
    if kept:
        told += f", the teacher's kept answers {megabytes(kept)}"
    return Finding("Memory", f"{told}; the layers' values for a batch come on top.")


def _kept_answers(config: DistillConfig, data: Foreseen) -> int:
    """Bytes of answers to images, one for each kept version; of texts the run itself tells how much it keeps."""
    if config.teacher is None or config.task != "vision":
        return 0
    return BYTES * data.inputs * data.outputs * max(1, config.augmentation.draws)


def told(config: DistillConfig) -> list[Finding]:
    """`findings`, as far as they can be told while somebody is still choosing."""
    try:
        return list(findings(config))
    except DistillError:
        return []
