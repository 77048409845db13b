"""A run's events as sentences: what a log shows."""

from __future__ import annotations

from typing import Any

from distill_core.events import Event
from distill_core.insight.words import at_most, count, duration, megabytes, milliseconds, percent

MINOR = ("StepLogged", "Preparing", "Looked")
"""The kinds of which there are so many that a reader may want to leave them out."""


def told(event: Event) -> str:
    """An event in a sentence."""
    said: Any = event
    tell = _TELLERS.get(event.kind)
    return tell(said) if tell else event.kind


def _started(event: Any) -> str:
    student = f"{event.student.name} ({count(event.student.parameters)} parameters)"
    taught = f"from {event.teacher.name} ({count(event.teacher.parameters)})" if event.teacher else "from labels alone"
    again = f", from step {event.step:,} on" if event.step else ""
    return (
        f"{student} learns {taught}: {event.steps:,} steps on {event.dataset}, {event.labels:,} labels, "
        f"{event.device}, {_several(event.threads, 'thread')}{again}."
    )


def _preparing(event: Any) -> str:
    if event.total <= 1:
        return f"{event.what}."
    return f"{event.what}: {event.done:,} of {event.total:,} {event.unit}."


def _phase_started(event: Any) -> str:
    return f"Phase {event.name} begins after step {event.step:,}; it draws from {event.pool_size:,} inputs."


def _step_logged(event: Any) -> str:
    terms = ", ".join(f"{name} {value:.3g}" for name, value in event.weighted.items())
    parts = f" ({terms})" if len(event.weighted) > 1 else ""
    return f"Step {event.step:,}, {event.phase}: loss {event.loss:.3g}{parts}, learning rate {event.learning_rate:.2g}."


def _evaluated(event: Any) -> str:
    where = "Test" if event.split == "test" else "Validation"
    if event.who == "teacher":
        return f"{where} of the teacher: {percent(event.accuracy)}."
    when = f" after epoch {event.epoch}" if event.split == "validation" and event.epoch else ""
    when = " before the first step" if event.split == "validation" and not event.epoch else when
    best = ", the best so far" if event.best else ""
    return f"{where} of the student{when}: {percent(event.accuracy)}{best}."


def _looked(event: Any) -> str:
    when = f" after epoch {event.epoch}" if event.who == "student" else ""
    return f"The {event.who} was asked about the watched image{when}."


def _measured(event: Any) -> str:
    found = {who: (event.latency.get(who) or {}).get("cpu_ms") for who in ("student", "teacher")}
    times = [f"{who} {milliseconds(value)}" for who, value in found.items() if value is not None]
    return f"CPU time for one input: {', '.join(times)}." if times else "Speed was measured."


def _answers_kept(event: Any) -> str:
    return (
        f"Of each answer of the teacher's the {event.kept} likeliest of {event.classes:,} are kept; the rest holds "
        f"{percent(event.tail)} on average."
    )


def _exported(event: Any) -> str:
    return f"Exported to ONNX: {megabytes(event.bytes)}; no score differs by more than {at_most(event.parity_max_abs)}."


def _finished(event: Any) -> str:
    seconds = event.result.get("seconds")
    return f"The training is over; its steps took {duration(seconds)}." if seconds else "The training is over."


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


_TELLERS: dict[str, Any] = {
    "Started": _started,
    "Preparing": _preparing,
    "AnswersKept": _answers_kept,
    "PhaseStarted": _phase_started,
    "StepLogged": _step_logged,
    "Evaluated": _evaluated,
    "Watching": lambda event: (
        f"One validation image is watched, at {event.student_layer} of the student and {event.teacher_layer} of the "
        "teacher."
    ),
    "Looked": _looked,
    "Checkpointed": lambda event: f"A checkpoint at step {event.step:,}.",
    "Paused": lambda event: f"Paused at step {event.step:,}.",
    "Resumed": lambda event: f"Goes on from step {event.step:,}.",
    "Measured": _measured,
    "Exported": _exported,
    "Warned": lambda event: f"Note: {event.message}",
    "Stopped": lambda event: f"Stopped at step {event.step:,}.",
    "Finished": _finished,
    "Failed": lambda event: f"Failed: {event.message}",
}
