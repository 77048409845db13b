"""What a distillation was worth: retention and gap closed, as pure functions of plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class GapClosed:
    """How much of the way from the baseline to the teacher the student went.

    Attributes:
        value: (student - baseline) / (teacher - baseline); None where that would divide by noise.
        why: a sentence for the screen: what the value means, or why there is none.
        low: lower end of the 95% interval of teacher - baseline, as a share (None if it is not known).
        high: its upper end.
    """

    value: float | None
    why: str
    low: float | None = None
    high: float | None = None


def retention(student: float | None, teacher: float | None) -> float | None:
    """The student's accuracy as a share of the teacher's; None if either is missing or the teacher's is 0."""
    return student / teacher if student is not None and teacher else None


def gap_closed(
    student: float | None, baseline: float | None, teacher: float | None, inputs: int, noun: str = "images"
) -> GapClosed:
    """(student - baseline) / (teacher - baseline), unless teacher - baseline is within noise.

    Args:
        student: accuracy of the distilled student, 0..1.
        baseline: accuracy of the same student trained on labels only.
        teacher: accuracy of the teacher.
        inputs: how many test inputs all three were scored on.
        noun: what they are called.
    """
    if student is None or teacher is None:
        return GapClosed(None, "There is no teacher to compare with.")
    if baseline is None:
        return GapClosed(None, "There is no baseline to compare with; turn it on to see what the teacher's part was.")
    low, high = difference_interval(teacher, baseline, inputs)
    sure = f"(95% interval, {inputs:,} test {noun})"
    span = f"{_points(low)} to {_points(high)} points {sure}"
    if high < 0:
        lead = f"{_points(-high)} to {_points(-low)} points {sure}"
        why = f"The baseline is better than the teacher, by {lead}: there is no gap to close."
        return GapClosed(None, why, low, high)
    if low <= 0:
        why = f"Teacher minus baseline is {span}: that may be chance, so a share of it would mean nothing."
        return GapClosed(None, why, low, high)
    value = (student - baseline) / (teacher - baseline)
    outcome = f"closed {value:.0%} of it" if value >= 0 else "fell behind the baseline"
    return GapClosed(value, f"The teacher is ahead of the baseline by {span}; the student {outcome}.", low, high)


def difference_interval(first: float, second: float, images: int, level: float = 0.95) -> tuple[float, float]:
    """The two-sided interval of first - second, two proportions each observed on `images` images.

    Newcombe's hybrid of two Wilson intervals (method 10 of Newcombe 1998, as in R's `Epi::ci.pd`). It treats the two
    as independent; they are scored on the same images, which makes it wider than need be: the careful side.

    Returns:
        lower and upper end, shares in -1..1; (-1, 1) if there are no images.
    """
    if images < 1:
        return -1.0, 1.0
    low_1, high_1 = wilson_interval(first, images, level)
    low_2, high_2 = wilson_interval(second, images, level)
    difference = first - second
    return difference - math.hypot(first - low_1, high_2 - second), difference + math.hypot(
        high_1 - first, second - low_2
    )


def ratio_interval(first: float, second: float, images: int, level: float = 0.95) -> tuple[float, float] | None:
    """The two-sided interval of first / second, two proportions each observed on `images` images.

    Two Wilson intervals put together as `difference_interval` does it, for a ratio: MOVER-R (Donner & Zou 2012).

    Returns:
        Lower and upper end; None where the second may be 0, so that there is no upper end.
    """
    if images < 1 or second <= 0:
        return None
    return _ratio((first, *wilson_interval(first, images, level)), (second, *wilson_interval(second, images, level)))


def gap_interval(
    student: float, baseline: float, teacher: float, images: int, level: float = 0.95
) -> tuple[float, float] | None:
    """The two-sided interval of the gap closed, from those of both differences; None where the gap may be chance.

    It treats the two as independent though the baseline is in both: the careful side.
    """
    gap = difference_interval(teacher, baseline, images, level)
    gain = difference_interval(student, baseline, images, level)
    return _ratio((student - baseline, *gain), (teacher - baseline, *gap))


def _ratio(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float] | None:
    """The interval of a ratio from both numbers, each with its interval's ends; None unless the second is above 0."""
    (one, low_1, high_1), (two, low_2, high_2) = first, second
    if low_2 <= 0:
        return None

    def end(numerator: float, denominator: float, side: int) -> float:
        product = one * two
        inside = product**2 - numerator * denominator * (2 * one - numerator) * (2 * two - denominator)
        return (product + side * math.sqrt(max(0.0, inside))) / (denominator * (2 * two - denominator))

    return end(low_1, high_2, -1), end(high_1, low_2, +1)


def wilson_interval(share: float, images: int, level: float = 0.95) -> tuple[float, float]:
    """The two-sided interval of a proportion by Wilson's score, within 0..1."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    spread = z * math.sqrt(share * (1 - share) / images + z * z / (4 * images * images))
    centre = share + z * z / (2 * images)
    scale = 1 + z * z / images
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
