"""How far a classifier's probabilities can be believed, and which classes it takes for which. Pure functions of arrays.

Calibration: of all answers given with 90% confidence, 90% should be right. The expected calibration error is the mean
distance from that over equal-width bins of confidence, weighed by how many answers fall into each: Guo, Pleiss, Sun
and Weinberger 2017, "On Calibration of Modern Neural Networks", equation 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from distill_core.softening import entropy_bits, softened

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies in (low, high].

    Attributes:
        low: of the confidence, 0..1.
        high: its other end.
        count: how many answers.
        confidence: their mean confidence; None of an empty bin.
        accuracy: the share of them that is right; None of an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def mean_entropy(logits: NDArray[Any], temperature: float) -> float:
    """The mean entropy of softened answers in bits: 0 for certainty, log2(C) where all classes are alike."""
    return float(entropy_bits(softened(logits, temperature)).mean())


def bins_of(confidence: NDArray[Any], right: NDArray[Any], bins: int = BINS) -> tuple[Bin, ...]:
    """Answers sorted into bins of equal width over 0..1.

    Args:
        confidence: `[N]`, the highest probability of each answer.
        right: `[N]` bool.
        bins: how many.
    """
    ends = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    found = []
    for number in range(bins):
        here = place == number
        count = int(here.sum())
        found.append(
            Bin(
                low=float(ends[number]),
                high=float(ends[number + 1]),
                count=count,
                confidence=float(confidence[here].mean()) if count else None,
                accuracy=float(right[here].mean()) if count else None,
            )
        )
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error, 0..1: the mean of |accuracy − confidence|, weighed by the bins' counts."""
    total = sum(each.count for each in bins)
    apart = sum(
        each.count * abs(each.accuracy - each.confidence)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    )
    return apart / total if total else 0.0


def confusion(labels: NDArray[Any], answers: NDArray[Any], classes: int) -> tuple[tuple[int, ...], ...]:
    """How often each class, a row, was taken for each, a column: `[C, C]` counts."""
    counts = np.bincount(labels * classes + answers, minlength=classes * classes).reshape(classes, classes)
    return tuple(tuple(int(count) for count in row) for row in counts)
