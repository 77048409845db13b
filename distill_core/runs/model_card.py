"""A finished run as a model card in Markdown: what the file is, what it can do, how it was made, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from distill_core.cards import ModelCard, read_card
from distill_core.config import DistillConfig
from distill_core.insight.baseline import compared
from distill_core.insight.doubts import learns_from_labels
from distill_core.insight.levels import levels_said
from distill_core.insight.licences import licence_of
from distill_core.insight.measures import called, in_order, in_words
from distill_core.insight.names import data_name, further_losses, nouns_of, student_name, teacher_name
from distill_core.insight.outcome import difference_interval, wilson_interval
from distill_core.insight.speed import one_input, token_time
from distill_core.insight.verdict import one_seed, verdict
from distill_core.insight.words import count, listed, megabytes, milliseconds, percent
from distill_core.runs.measured import how_measured, interval_words, percentiles
from distill_core.runs.publish import portable, portable_card, provenance
from distill_core.runs.records import RunRecord
from distill_core.runs.snippets import snippet
from distill_core.task import task_named

MOST_CLASSES = 20


def model_card(record: RunRecord) -> str:
    """The card of a finished run, without paths of this machine.

    Raises:
        CheckpointError: if the card of its weights cannot be read.
    """
    card = portable_card(read_card(record.folder / "best"))
    summary = record.summary or {}
    config = portable(record.config)
    parts = [
        ("", _what(config, card, summary)),
        ("How to use it", _use(card)),
        ("Data and labels", _data(config, card, summary)),
        ("Results", _results(config, summary)),
        ("Size and speed", _costs(config, summary)),
        ("Limits", _limits(config, summary)),
        ("Licence of the data", iter([licence_of(card.dataset)])),
        ("How it was made", _made(provenance(record, card))),
    ]
    title = f"# {student_name(card.architecture)}, {'distilled' if config.teacher else 'trained on labels'}"
    sections = [(f"## {name}\n\n" if name else "") + "\n".join(lines) for name, lines in parts]
    return "\n\n".join([title, *sections]) + "\n"


def _what(config: DistillConfig, card: ModelCard, summary: dict[str, Any]) -> Iterator[str]:
    of = "classifies images" if card.task == "vision" else "writes text, one token after the other"
    taught = f" It learned from {teacher_name(config.teacher)}." if config.teacher else ""
    yield f"A model of {card.parameters:,} parameters that {of}.{taught} {verdict(summary, config).headline}"


def _use(card: ModelCard) -> Iterator[str]:
    if card.task == "vision":
        channels, height, width = card.input_shape
        colour = "grey" if channels == 1 else "red, green, blue"
        yield (
            f"Input: float32 `[batch, {channels}, {height}, {width}]`, {colour}. Divide pixels of 0 to 255 by 255, "
            f"subtract the mean ({_numbers(card.mean)}) and divide by the standard deviation ({_numbers(card.std)})."
        )
        ground = (
            " One with a bright rim is inverted, for the images it learned from are bright on black."
            if channels == 1 and card.mean[0] < 0.5
            else ""
        )
        yield (
            "\nThe lines below treat a picture as the workbench does: what is transparent becomes white, its middle is "
            f"cut out and resized.{ground}"
        )
        yield f"\nOutput: one score for each class, in this order: {_classes(card)}."
    else:
        whose = f"of {card.vocabulary.source}" if card.vocabulary else "listed under `classes` in card.json"
        yield (
            f"Input: int64 `[batch, length]`, the numbers of tokens {whose}. Output: `[batch, length, {card.outputs}]`,"
            " a score for each next token. The file keeps no past: to write, call it on the text so far."
        )
        yield f"\nIt was trained on texts of {card.input_shape[0]} tokens; longer ones are beyond what it knows."
    yield f"\n```python\n{snippet(card)}```"


def _data(config: DistillConfig, card: ModelCard, summary: dict[str, Any]) -> Iterator[str]:
    _, several = nouns_of(config)
    yield f"- data set: {data_name(config)}"
    budget = "all" if config.label_budget is None else f"{config.label_budget:,}"
    seen = summary.get("labels") or card.labels_seen
    if learns_from_labels(config):
        others = (
            f"; of all other {several} only the teacher's answers" if config.teacher and config.label_budget else ""
        )
        yield f"- labels the student saw: {f'{seen:,}' if seen else budget}{others}"
    else:
        yield "- labels the student saw: none; it learned from the teacher alone"
    if config.teacher:
        facts = [teacher_name(config.teacher), *levels_said(config), further_losses(config)]
        yield f"- teacher: {', '.join(fact for fact in facts if fact)}"


def _results(config: DistillConfig, summary: dict[str, Any]) -> Iterator[str]:
    models = {role: summary.get(role) for role in ("student", "baseline", "teacher")}
    known = {role: model for role, model in models.items() if model and model.get("accuracy") is not None}
    inputs, scored = summary.get("test_inputs"), task_named(config.task).scored(config.dataset)
    yield f"On {f'{inputs:,} ' if inputs else ''}test {scored} that neither trained nor chose the weights:\n"
    yield f"| | {' | '.join(known)} |\n|:-|{'-:|' * len(known)}"
    yield f"| accuracy | {' | '.join(percent(model['accuracy']) for model in known.values())} |"
    if inputs:
        spans = [wilson_interval(model["accuracy"], inputs) for model in known.values()]
        yield f"| 95% interval | {' | '.join(f'{percent(low)} to {percent(high)}' for low, high in spans)} |"
    for name in in_order((summary.get("student") or {}).get("metrics") or {}):
        cells = [in_words(name, (model.get("metrics") or {}).get(name)) for model in known.values()]
        yield f"| {called(name).lower()} | {' | '.join(cells)} |"
    if "baseline" in known and "student" in known:
        gain = known["student"]["accuracy"] - known["baseline"]["accuracy"]
        sure = ""
        if inputs:
            low, high = difference_interval(known["student"]["accuracy"], known["baseline"]["accuracy"], inputs)
            sure = f" (95% interval {100 * low:+.1f} to {100 * high:+.1f}, from the number of test {scored} alone)"
        yield f"\nStudent minus baseline: {100 * gain:+.1f} points{sure}. {compared(config)} {one_seed(config)}"
    file = (summary.get("onnx") or {}).get("test_accuracy")
    if file is not None:
        yield f"\nThe ONNX file itself, scored on the same test split: {percent(file)}."


def _costs(config: DistillConfig, summary: dict[str, Any]) -> Iterator[str]:
    latency = summary.get("latency") or {}
    roles = [role for role in ("student", "teacher") if latency.get(role) or summary.get(role)]
    figures = [latency.get(role) or {} for role in roles]
    yield f"| | {' | '.join(roles)} |\n|:-|{'-:|' * len(roles)}"
    yield f"| parameters | {' | '.join(count((summary.get(role) or {}).get('parameters')) for role in roles)} |"
    yield f"| file | {' | '.join(megabytes(each.get('bytes')) for each in figures)} |"
    memory = [each.get("peak_memory_mb") for each in figures]
    if any(each is not None for each in memory):
        cells = [megabytes(None if each is None else 1e6 * each) for each in memory]
        yield f"| peak memory over the runtime's own | {' | '.join(cells)} |"
    what = one_input(latency.get("student"), nouns_of(config)[0])
    times = [" / ".join(milliseconds(each) for each in percentiles(of)) for of in figures]
    yield f"| CPU time, {what}: p50 / p90 / p95 | {' | '.join(times)} |"
    if any(each.get("token_ms") for each in figures):
        yield f"| CPU time, a token written | {' | '.join(map(token_time, figures))} |"
    ratio = latency.get("ratio")
    if ratio:
        yield (
            f"\nThe teacher takes {ratio['median']:.2f} times as long ({ratio['low']:.2f} to {ratio['high']:.2f} over "
            "the repeats)."
        )
    if any(figures):
        yield f"\nHow it was measured: {how_measured(latency)}. {interval_words(latency)}".rstrip()
    yield from (f"\n{warning}" for warning in latency.get("warnings") or ())


def _limits(config: DistillConfig, summary: dict[str, Any]) -> Iterator[str]:
    _, several = nouns_of(config)
    yield f"- It knows {several} like those of {data_name(config)}; test it on your own before you rely on it."
    if config.task == "vision":
        yield "- It always names one of its classes, also where an image shows none of them."
    yield f"- {one_seed(config)}"
    if config.teacher:
        yield "- What the teacher gets wrong, the student may have learned."
    of_speed = (summary.get("latency") or {}).get("warnings") or ()
    yield from (f"- {warning}" for warning in summary.get("warnings") or () if warning not in of_speed)


def _made(made: dict[str, Any]) -> Iterator[str]:
    yield f"```\n{made['command']}\n```\n"
    versions = ", ".join(f"{name} {number}" for name, number in (made.get("versions") or {}).items())
    facts = {
        "seed": made.get("seed"),
        "date": made.get("date"),
        "versions": versions,
        "SHA-256 of the data": made.get("data_sha256"),
        "SHA-256 of the teacher's weights": made.get("teacher_sha256"),
    }
    yield "\n".join(f"- {name}: {value}" for name, value in facts.items() if value not in (None, ""))


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _classes(card: ModelCard) -> str:
    names = card.classes
    if len(names) > MOST_CLASSES:
        return f"{', '.join(names[:3])} … {names[-1]} ({len(names)} in all, in card.json)"
    return listed(names)
