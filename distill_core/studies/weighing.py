"""Which students a case leaves, what each costs, and which of them comes first: going by what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from distill_core.insight.words import difference
from distill_core.studies.evidence import Evidence, nearest

Goal = Literal["accurate", "small"]

BYTES_EACH = 4
"""Of a parameter at 32 bits; a file holds a little more beside them."""


@dataclass(frozen=True)
class Case:
    """What a user has and wants.

    Attributes:
        task: ``vision`` or ``language``.
        dataset: by name.
        labels: how many the student may see; infinite for all.
        goal: the most accurate student within the limits, or the smallest that stays near its teacher.
        within: how near, as a share of 1, where the goal is "small".
        most_bytes: of the file, or None.
        most_ms: CPU time of one input, or None.
        seconds: for the training of student and baseline, or None.
    """

    task: str
    dataset: str
    labels: float
    goal: Goal = "accurate"
    within: float = 0.02
    most_bytes: float | None = None
    most_ms: float | None = None
    seconds: float | None = None


def weighed(known: Sequence[Evidence], case: Case) -> tuple[Evidence, ...]:
    """The students to choose from, smallest first: by soft labels alone, and by each other way to teach.

    Args:
        known: of all studies of this kind.
        case: what the user has and wants.
    """
    found = [*_candidates(known, case), *_taught_otherwise(known, case)]
    return tuple(sorted(found, key=lambda each: (each.row.parameters, behind(each))))


def _candidates(known: Sequence[Evidence], case: Case, losses: tuple[str, ...] = ()) -> Iterator[Evidence]:
    """One piece a student: taught by these losses, at its nearest number of labels or at fewer that did better.

    What it costs to run is taken from wherever that was measured, for it does not depend on the training.

    Args:
        known: of all studies of this kind.
        case: what the user has and wants.
        losses: those beside soft labels and labels; none means soft labels alone.
    """
    by_student: dict[str, list[Evidence]] = {}
    for each in known:
        if each.losses == losses if losses else each.is_plain:
            by_student.setdefault(each.config.student, []).append(each)
    for some in by_student.values():
        yield _with_costs(_best_for(case.labels, some), some)


def _taught_otherwise(known: Sequence[Evidence], case: Case) -> Iterator[Evidence]:
    """The same for each other way to teach, as far as it was measured with labels that the case has."""
    near = nearest(known, case.labels)
    found = [each for each in known if each.losses and (each.labels <= case.labels or each in near)]
    for losses in sorted({each.losses for each in found}):
        yield from _candidates(found, case, losses)


def _best_for(labels: float, alike: Sequence[Evidence]) -> Evidence:
    """Of pieces about a student that at the nearest number of labels, unless validation prefers one with fewer."""
    near = max(nearest(alike, labels), key=_worth)
    better = [
        each
        for each in alike
        if each.labels <= labels
        and each.row.seeds >= near.row.seeds
        and (each.row.validation or 0.0) > (near.row.validation or 0.0)
    ]
    return max(better, key=_worth, default=near)


def _with_costs(one: Evidence, alike: Sequence[Evidence]) -> Evidence:
    """A piece with the student's size and time from the study that measured it fastest, if its own did not."""
    measured = [each for each in alike if each.row.cpu_ms is not None and each.row.bytes is not None]
    if one.row.cpu_ms is not None or not measured:
        return one
    best = min(measured, key=lambda each: each.row.cpu_ms or math.inf)
    return replace(one, row=replace(one.row, bytes=best.row.bytes, cpu_ms=best.row.cpu_ms), costs_from=best.title)


def _worth(each: Evidence) -> tuple[int, bool, float]:
    """Of two pieces about a student at one number of labels: one of more seeds, one's own, what validation prefers."""
    return (each.row.seeds, not each.where, each.row.validation or 0.0)


def fits(each: Evidence, case: Case) -> bool:
    """Whether a student is within the limits; one whose time nobody measured is not known to be."""
    small = case.most_bytes is None or bytes_of(each) <= case.most_bytes
    quick = case.most_ms is None or (each.row.cpu_ms is not None and each.row.cpu_ms <= case.most_ms)
    return small and quick


def bytes_of(each: Evidence) -> int:
    """Of the file; where none was made, of the numbers in it alone."""
    return each.row.bytes or BYTES_EACH * each.row.parameters


def first_choice(fitting: Sequence[Evidence], case: Case) -> Evidence | None:
    """The smallest that is near enough, or the most accurate: of another way to teach, one that is surely better."""
    if case.goal == "small":
        return next((each for each in fitting if near(each, case)), None)
    plain = max((each for each in fitting if not each.losses), key=mean_of, default=None)
    least = -math.inf
    if plain is not None:
        least = mean_of(plain) + (plain.row.accuracy.half_width or 0.0)
    return max((each for each in fitting if mean_of(each) - _half(each) > least), key=mean_of, default=plain)


def mean_of(each: Evidence) -> float:
    """Over the seeds, as a share of 1."""
    return each.row.accuracy.mean


def _half(each: Evidence) -> float:
    """How far the mean may be off, as a share of 1; with one seed nothing bounds it."""
    half_width = each.row.accuracy.half_width
    return math.inf if half_width is None else half_width


def near(each: Evidence, case: Case) -> bool:
    """Whether a student surely stays as near to its teacher as is asked, if anything is.

    The whole interval of its mean must, by the tenths that a reader sees.
    """
    return case.goal != "small" or tenths(behind(each)) + tenths(_half(each)) <= tenths(case.within)


def tenths(share: float) -> float:
    """Tenths of a point, whole ones."""
    return round(1000 * share) if math.isfinite(share) else math.inf


def behind(each: Evidence) -> float:
    """How far its mean is behind the teacher, as a share of 1: the difference of the figures that are shown."""
    found = difference(each.teacher, mean_of(each))
    return math.inf if found is None else found
