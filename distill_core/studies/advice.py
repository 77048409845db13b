"""What is advised for a case and why, in words; each claim names the study that it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.insight.doubts import looks_at_labels
from distill_core.insight.words import about, count, megabytes, milliseconds
from distill_core.losses.registry import LOSSES
from distill_core.studies.evidence import Evidence, apart, nearest
from distill_core.studies.reading import chosen
from distill_core.studies.weighing import Case, behind, bytes_of, first_choice, fits, mean_of, near, tenths, weighed
from distill_core.studies.words import gained, half, share

FAR = 3.0
"""So many times more or fewer labels than in any study is another case."""


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
    candidates = weighed(of_kind, case)
    fitting = tuple(each for each in candidates if fits(each, case))
    reasons = [] if of_data else [_other_data(case, of_kind)]
    student = first_choice(fitting, case)
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


def _size(each: Evidence) -> str:
    """Of the file; where none was made, of the numbers in it alone."""
    return megabytes(bytes_of(each)) if each.row.bytes else f"at least {megabytes(bytes_of(each))}"


def _behind_in_words(each: Evidence) -> str:
    seeds = ", one seed" if each.row.accuracy.half_width is None else ""
    return f"{100 * behind(each):.1f}{half(each.row.accuracy)} behind{seeds}"


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
    if case.goal == "small" and any(fits(each, case) for each in candidates):
        best = min((each for each in candidates if fits(each, case)), key=behind)
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
    apart_by = f", {100 * behind(student):.1f} points behind its teacher" if student.teacher is not None else ""
    time = f"; one input took {milliseconds(row.cpu_ms)} of CPU time" if row.cpu_ms is not None else ""
    time += f" (as “{student.costs_from}” measured it)" if student.costs_from else ""
    return Reason(
        "Student",
        f"{student.config.student} ({count(row.parameters)} parameters) is {which}: {share(row.accuracy)} on test "
        f"after {epochs_of(student)}{apart_by}, as a file {_size(student)}{time}.{_almost(student, fitting, case)}",
        student,
    )


def _unsure_above(student: Evidence, fitting: Sequence[Evidence]) -> str:
    """That another way to teach had a higher mean, where it is not surely better."""
    best = max(fitting, key=mean_of)
    if mean_of(best) <= mean_of(student):
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
        if tenths(behind(each)) <= tenths(case.within)
    ]
    if not names:
        return ""
    return f" Near enough on average, but not surely: {', '.join(names)}."


def _as_taught(student: Evidence) -> Advised:
    """Another way than soft labels, as it was measured; what else is known was measured on others, and is left out."""
    ways = [LOSSES[loss] for loss in student.losses if loss in LOSSES]
    told = " ".join([f"{losses_of(student)}, as in that study.", *(way.sentence for way in ways)])
    if not looks_at_labels(student.config):
        told += " It looks at no label: the student learns from the teacher alone."
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


def table(candidates: Sequence[Evidence], case: Case, advised: Evidence | None = None) -> Iterator[dict[str, str]]:
    """The students that were weighed, a row each, in words; `advised` is one of them."""
    two_machines = len({bool(each.where) for each in candidates}) > 1
    for each in candidates:
        yield {
            "Student": each.config.student,
            "On test": share(each.row.accuracy),
            "Behind its teacher": f"{100 * behind(each):.1f}" if each.teacher is not None else "–",
            "Taught by": losses_of(each),
            "Labels": f"{each.labels:,.0f}" if math.isfinite(each.labels) else "all",
            "Epochs": str(each.config.training.epochs),
            "Gain over labels alone": gained(each.row.gain),
            "File": _size(each),
            "CPU time": _time(each, two_machines),
            "Fits": "advised" if each is advised else "yes" if fits(each, case) and near(each, case) else "no",
        }


def _time(each: Evidence, two_machines: bool) -> str:
    """Of one input; where some were measured here and some elsewhere, which this was."""
    if each.row.cpu_ms is None:
        return "not measured"
    return milliseconds(each.row.cpu_ms) + (" elsewhere" if two_machines and each.where else "")
