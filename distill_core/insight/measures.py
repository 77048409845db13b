"""What a model is measured by, as the screen calls it: accuracy, and what a problem has beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from distill_core.insight.words import percent

ACCURACY = "accuracy"
AGREEMENT = "agreement"


@dataclass(frozen=True)
class Measure:
    """A figure of a model.

    Attributes:
        name: in a score's metrics.
        title: on a button or in a legend.
        axis: what the axis of its chart is called.
        is_share: of 1, and more is better; else a positive number, and less is better.
        of_student: alone, for it compares the student with its teacher; a baseline and a teacher have none.
    """

    name: str
    title: str
    axis: str
    is_share: bool = True
    of_student: bool = False


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(ACCURACY, "Accuracy", "accuracy"),
        Measure("reasoning", "Reasoning", "sums with the right result"),
        Measure("instructions", "Instructions", "instructions followed to the letter"),
        Measure("perplexity", "Perplexity", "perplexity, less is better", is_share=False),
        Measure("kl", "KL to the teacher", "nats a token, less is better", is_share=False),
        Measure(AGREEMENT, "Agreement", "same answer as the teacher", of_student=True),
        Measure("token_agreement", "Token agreement", "tokens of which the first choice is the teacher's"),
    )
}


def measures_among(metrics: Iterable[str]) -> list[Measure]:
    """Those that have a curve, accuracy first; metrics of other names are for tables alone."""
    found = set(metrics)
    return [measure for name, measure in MEASURES.items() if name == ACCURACY or name in found]


def called(name: str) -> str:
    """A metric as a table and a sentence name it."""
    return MEASURES[name].title if name in MEASURES else name.replace("_", " ").capitalize()


def in_words(name: str, value: float | None) -> str:
    """A metric's figure as a table shows it."""
    if value is not None and name in MEASURES and not MEASURES[name].is_share:
        return f"{value:.4g}"
    return percent(value)


_IN_TABLES = (
    "reasoning",
    "valid_steps",
    "right_by_wrong_steps",
    "longer_chains",
    "instructions",
    "instructions_loose",
    "unseen_pairs",
    "stops",
)


def in_order(metrics: Iterable[str]) -> list[str]:
    """Names of metrics as a table lists them: skill by skill, others after them."""
    place = {name: number for number, name in enumerate(_IN_TABLES)}
    return sorted(metrics, key=lambda name: place.get(name, len(place)))
