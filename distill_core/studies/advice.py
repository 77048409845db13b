"""Which student and which way to teach it for a case; each claim names the study that it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.insight.doubts import looks_at_labels
from distill_core.insight.words import about, count, difference, megabytes, milliseconds
from distill_core.losses.registry import LOSSES
from distill_core.studies.evidence import Evidence, apart, nearest
from distill_core.studies.reading import chosen
from distill_core.studies.words import gained, half, share

Goal = Literal["accurate", "small"]

BYTES_EACH = 4
"""Of a parameter at 32 bits; a file holds a little more beside them."""
FAR = 3.0
"""So many times more or fewer labels than in any study is another case."""


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


@dataclass(frozen=True)
class Reason:
    """One thing that is advised, why, and the study that shows it; None where nothing shows it."""

    about: str
    sentence: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Advice:
    """Settings to begin with, and a reason for each; `candidates` are the students that were weighed, smallest first.

    `settings` is None where no student that was measured is within the limits; `measured` is what was measured of the
    student that is advised or, where none is, of the one that the reason is about.
    """

    settings: dict[str, Any] | None
    reasons: tuple[Reason, ...]
    candidates: tuple[Evidence, ...]
    fitting: tuple[Evidence, ...]
    measured: Evidence | None


Advised = tuple[dict[str, Any], list[Reason]]


def advise(case: Case, known: Sequence[Evidence]) -> Advice:
    """What to begin with, going by what was measured.

    Args:
        case: what the user has and wants.
        known: of all studies there are.
    """
    of_data = [each for each in known if each.is_of(case.task, case.dataset)]
    of_kind = of_data or [each for each in known if each.config.task == case.task]
    weighed = [*_candidates(of_kind, case), *_taught_otherwise(of_kind, case)]
    candidates = tuple(sorted(weighed, key=lambda each: (each.row.parameters, _behind(each))))
    fitting = tuple(each for each in candidates if _fits(each, case))
    reasons = [] if of_data else [_other_data(case, of_kind)]
    student = _student(fitting, case)
    if student is None:
        why = _none_fits(case, candidates)
        return Advice(None, (*reasons, why), candidates, fitting, why.evidence)
    settings: dict[str, Any] = {"student": student.config.student}
    reasons.append(_why_this_student(student, fitting, case))
    reasons.append(_what_teaching_gave(student, case))
    if student.losses:
        ways: tuple[Advised, ...] = (_as_taught(student), _length(student, case))
    else:
        ways = (_method(of_kind, case), _levels(of_kind, case), _length(student, case))
    for told, reason in ways:
        settings |= told
        reasons += reason
    return Advice(settings, tuple(reasons), candidates, fitting, student)


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


def _fits(each: Evidence, case: Case) -> bool:
    """Whether a student is within the limits; one whose time nobody measured is not known to be."""
    small = case.most_bytes is None or _bytes(each) <= case.most_bytes
    quick = case.most_ms is None or (each.row.cpu_ms is not None and each.row.cpu_ms <= case.most_ms)
    return small and quick


def _bytes(each: Evidence) -> int:
    return each.row.bytes or BYTES_EACH * each.row.parameters


def _size(each: Evidence) -> str:
    """Of the file; where none was made, of the numbers in it alone."""
    return megabytes(_bytes(each)) if each.row.bytes else f"at least {megabytes(_bytes(each))}"


def _student(fitting: Sequence[Evidence], case: Case) -> Evidence | None:
    """The smallest that is near enough, or the most accurate: of another way to teach, one that is surely better."""
    if case.goal == "small":
        return next((each for each in fitting if _near(each, case)), None)
    plain = max((each for each in fitting if not each.losses), key=_mean, default=None)
    least = -math.inf
    if plain is not None:
        least = _mean(plain) + (plain.row.accuracy.half_width or 0.0)
    return max((each for each in fitting if _mean(each) - _half(each) > least), key=_mean, default=plain)


def _mean(each: Evidence) -> float:
    return each.row.accuracy.mean


def _half(each: Evidence) -> float:
    """How far the mean may be off, as a share of 1; with one seed nothing bounds it."""
    half_width = each.row.accuracy.half_width
    return math.inf if half_width is None else half_width


def _near(each: Evidence, case: Case) -> bool:
    """Whether a student surely stays as near to its teacher as is asked, if anything is.

    The whole interval of its mean must, by the tenths that a reader sees.
    """
    return case.goal != "small" or _tenths(_behind(each)) + _tenths(_half(each)) <= _tenths(case.within)


def _tenths(share: float) -> float:
    """Tenths of a point, whole ones."""
    return round(1000 * share) if math.isfinite(share) else math.inf


def _behind(each: Evidence) -> float:
    """How far its mean is behind the teacher, as a share of 1: the difference of the figures that are shown."""
    behind = difference(each.teacher, _mean(each))
    return math.inf if behind is None else behind


def _behind_in_words(each: Evidence) -> str:
    seeds = ", one seed" if each.row.accuracy.half_width is None else ""
    return f"{100 * _behind(each):.1f}{half(each.row.accuracy)} behind{seeds}"


def _within(case: Case) -> str:
    points = f"{100 * case.within:g}"
    return f"{points} point" if points == "1" else f"{points} points"


def _other_data(case: Case, of_kind: Sequence[Evidence]) -> Reason:
    names = sorted({each.config.dataset for each in of_kind})
    what = f"All that is said here was measured on {', '.join(names)}." if names else "There is no study of this kind."
    return Reason("Data", f"No study was made on {case.dataset}. {what} Run a study of your own before you trust it.")


def _none_fits(case: Case, candidates: Sequence[Evidence]) -> Reason:
    if not candidates:
        return Reason("Student", "No study with a teacher has finished for this kind of model, so nothing can be said.")
    smallest = candidates[0]
    if case.goal == "small" and any(_fits(each, case) for each in candidates):
        best = min((each for each in candidates if _fits(each, case)), key=_behind)
        told = (
            f"No student that was measured surely comes within {_within(case)} of its teacher: the nearest, "
            f"{best.config.student} by {losses_of(best)}, stays {_behind_in_words(best)}, after "
            f"{epochs_of(best)}. Larger students and longer trainings come nearer: measure them in a study, for single "
            "runs are not counted here; one seed may be luck."
        )
        return Reason("Student", told, best)
    time = "a time nobody measured" if smallest.row.cpu_ms is None else milliseconds(smallest.row.cpu_ms)
    return Reason(
        "Student",
        f"No student that was measured is within these limits: the smallest, {smallest.config.student}, has "
        f"{_size(smallest)} and takes {time}.",
        smallest,
    )


def _why_this_student(student: Evidence, fitting: Sequence[Evidence], case: Case) -> Reason:
    row = student.row
    which = (
        f"the smallest that is surely within {_within(case)} of its teacher"
        if case.goal == "small"
        else f"the most accurate within your limits{_unsure_above(student, fitting)}"
        if len(fitting) > 1
        else "the only one within your limits"
    )
    behind = f", {100 * _behind(student):.1f} points behind its teacher" if student.teacher is not None else ""
    time = f"; one input took {milliseconds(row.cpu_ms)} of CPU time" if row.cpu_ms is not None else ""
    time += f" (as “{student.costs_from}” measured it)" if student.costs_from else ""
    return Reason(
        "Student",
        f"{student.config.student} ({count(row.parameters)} parameters) is {which}: {share(row.accuracy)} on test "
        f"after {epochs_of(student)}{behind}, as a file {_size(student)}{time}.{_almost(student, fitting, case)}",
        student,
    )


def _unsure_above(student: Evidence, fitting: Sequence[Evidence]) -> str:
    """That another way to teach had a higher mean, where it is not surely better."""
    best = max(fitting, key=_mean)
    if _mean(best) <= _mean(student):
        return ""
    way, other = (losses_of(each) for each in (student, best))
    return f" by {way} ({best.config.student} by {other} had {share(best.row.accuracy)}, not surely more)"


def _almost(student: Evidence, fitting: Sequence[Evidence], case: Case) -> str:
    """The smaller ones that come near enough on average, but not with their whole interval."""
    if case.goal != "small":
        return ""
    smaller = (each for each in fitting if each.row.parameters < student.row.parameters)
    names = [
        f"{each.config.student} by {losses_of(each)} ({_behind_in_words(each)})"
        for each in smaller
        if _tenths(_behind(each)) <= _tenths(case.within)
    ]
    if not names:
        return ""
    return f" Near enough on average, but not surely: {', '.join(names)}."


def _as_taught(student: Evidence) -> Advised:
    """Another way than soft labels, as it was measured; what else is known was measured on others, and is left out."""
    ways = [LOSSES[loss] for loss in student.losses if loss in LOSSES]
    told = " ".join([f"{losses_of(student)}, as in that study.", *(way.sentence for way in ways)])
    if not looks_at_labels(student.config):
        told += " It looks at no label: the student learns from the teacher's answers alone."
    terms = [term.model_dump(mode="json") for term in student.config.terms]
    return {"terms": terms}, [Reason("Method", told, student)]


def _what_teaching_gave(student: Evidence, case: Case) -> Reason:
    gain, labels = student.row.gain, student.labels
    saw = f"With {labels:,.0f} labels" if math.isfinite(labels) else "With all labels"
    way = losses_of(student)
    if gain is None:
        return Reason("Teacher", "What a teacher adds is not known: that study has no baselines.", student)
    told = {
        "better": f"{saw}, a teacher gave {gained(gain)} points over labels alone, by {way}.",
        "worse": f"{saw}, a teacher made it worse by {gained(gain)} points, by {way}.",
        "unclear": f"{saw}, no gain from a teacher is shown by {way}: {gained(gain)} points.",
    }[gain.answer]
    if keeps_teachers_classifier(student.config):
        told += " That baseline is a smaller model: it has a classifier of its own."
    if not looks_at_labels(student.config):
        told += " The student would be the same with any number of labels."
    elif apart(labels, case.labels) > FAR:
        more = case.labels > labels
        told += (
            f" You have many {'more' if more else 'fewer'} labels than that: expect {'less' if more else 'more'} of a "
            "gain, and measure it."
        )
    return Reason("Teacher", told, student)


def _method(known: Sequence[Evidence], case: Case) -> Advised:
    """Soft labels alone, unless a study shows another way to be better at about so many labels, at no larger size."""
    compared = nearest((each for each in known if each.losses and each.over_soft_labels), case.labels)
    if not compared:
        return {}, [Reason("Method", "Soft labels alone: no study of this kind compared other ways to teach.")]
    sizes = {each.config.student: each.row.parameters for each in known if each.is_plain}
    better = [
        each
        for each in compared
        if each.over_soft_labels is not None
        and each.over_soft_labels.answer == "better"
        and each.row.parameters <= sizes.get(each.config.student, 0)
    ]
    if not better:
        told = (
            f"Soft labels alone: of {len(compared)} other ways to teach none is shown to do better without making the "
            "student larger."
        )
        return {}, [Reason("Method", told, compared[0])]
    best = max(better, key=lambda each: each.over_soft_labels.mean if each.over_soft_labels else 0.0)
    told = (
        f"{losses_of(best)}: {gained(best.over_soft_labels)} points over soft labels alone, with {best.config.student} "
        f"after {epochs_of(best)}."
    )
    if len(compared) > 1:
        told += f" It is the best of {len(compared)} that were compared, so some of that may be luck."
    return {"terms": [term.model_dump(mode="json") for term in best.config.terms]}, [Reason("Method", told, best)]


def _levels(known: Sequence[Evidence], case: Case) -> Advised:
    """Temperature and alpha that validation prefers in a study of these two."""
    studies: dict[str, list[Evidence]] = {}
    for each in nearest((each for each in known if each.is_plain), case.labels):
        studies.setdefault(each.study, []).append(each)
    for found in studies.values():
        if len({each.config.objective for each in found}) < 3 or len({each.config.student for each in found}) > 1:
            continue
        row = chosen([each.row for each in found])
        best = next(each for each in found if row is not None and each.row.variant == row.variant)
        objective = best.config.objective
        told = (
            f"Temperature {objective.temperature:g} and alpha {objective.alpha:g}: validation prefers them among "
            f"{len(found)} pairs, with {best.config.student} after {epochs_of(best)}."
        )
        return objective.model_dump(include={"temperature", "alpha"}), [Reason("Temperature and alpha", told, best)]
    return {}, []


def _length(student: Evidence, case: Case) -> Advised:
    """As many epochs as were measured, or as many as there is time for."""
    took = student.seconds
    if took is None or case.seconds is None:
        return {}, []
    epochs, both = student.config.training.epochs, 2 * took
    where = f"on {student.where}" if student.where else "on this machine"
    if both <= case.seconds:
        told = f"{epochs_of(student)}, as in the study: student and baseline took {about(both)} of training {where}."
        return {"epochs": epochs}, [Reason("Length", told, student)]
    fewer = max(1, math.floor(epochs * case.seconds / both))
    told = (
        f"{fewer} epoch{'s' if fewer > 1 else ''} instead of {epochs}: student and baseline took {about(both)} of "
        f"training {where}, and you have {about(case.seconds)}. So short a training was not measured; expect less."
    )
    return {"epochs": fewer}, [Reason("Length", told, student)]


def epochs_of(each: Evidence) -> str:
    """How long it was trained, such as ``10 epochs``."""
    epochs = each.config.training.epochs
    return f"{epochs} epoch{'s' if epochs != 1 else ''}"


def losses_of(each: Evidence) -> str:
    """What taught it beside soft labels and labels, by title; soft labels where they alone did."""
    return " and ".join(LOSSES[loss].title if loss in LOSSES else loss for loss in each.losses) or "soft labels"


def table(candidates: Sequence[Evidence], case: Case) -> Iterator[dict[str, str]]:
    """The students that were weighed, a row each, in words."""
    for each in candidates:
        yield {
            "Student": each.config.student,
            "On test": share(each.row.accuracy),
            "Behind its teacher": f"{100 * _behind(each):.1f}" if each.teacher is not None else "–",
            "Taught by": losses_of(each),
            "Labels": f"{each.labels:,.0f}" if math.isfinite(each.labels) else "all",
            "Epochs": str(each.config.training.epochs),
            "Gain over labels alone": gained(each.row.gain),
            "File": _size(each),
            "CPU time": milliseconds(each.row.cpu_ms) if each.row.cpu_ms is not None else "not measured",
            "Within your limits": "yes" if _fits(each, case) and _near(each, case) else "no",
        }
