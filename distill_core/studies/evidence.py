"""What studies have shown, one piece for each variant: what the advisor may say anything by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.choices import family
from distill_core.insight.seeds import MeanGain
from distill_core.studies.outcome import RunRow, VariantRow, variant_rows
from distill_core.studies.plan import StudyPlan
from distill_core.task import task_named

MOST_LABELS = 1e9
"""Stands for all labels of a number that is not known."""


@dataclass(frozen=True)
class Evidence:
    """A variant of a study with finished runs.

    Attributes:
        study: its name, which is its address too.
        title: what it is called on screen.
        where: machine and date of a recorded one; "" for the user's own, made here.
        config: of the variant's first seed.
        row: what its seeds say together.
        teacher: the teacher's accuracy on the same test split, 0..1.
        inputs: how many the student saw in an epoch; None if the data cannot be found.
        costs_from: the study that its size and time were measured in, if that is another one.
        rival: of the study's first variant, with which the others are compared.
    """

    study: str
    title: str
    where: str
    config: DistillConfig
    row: VariantRow
    teacher: float | None
    inputs: int | None
    costs_from: str = ""
    rival: DistillConfig | None = None

    @property
    def labels(self) -> float:
        """How many the student saw; infinite if it saw all of a number that is not known."""
        return self.config.label_budget or self.inputs or math.inf

    @property
    def losses(self) -> tuple[str, ...]:
        """Those beside soft labels and labels that count."""
        return tuple(term.loss for term in self.config.terms if term.loss not in ("kd", "ce") and term.weight != 0)

    @property
    def is_plain(self) -> bool:
        """Whether soft labels and labels alone taught."""
        return not self.config.terms

    @property
    def over_soft_labels(self) -> MeanGain | None:
        """What its way to teach gave over soft labels alone; None if its study compares it with something else."""
        rival = self.rival
        return None if rival is None or rival.terms or rival.student != self.config.student else self.row.difference

    @property
    def seconds(self) -> float | None:
        """What its training steps took, the baseline's apart."""
        if self.inputs is None or not self.row.images_per_second:
            return None
        return self.config.training.epochs * self.inputs / self.row.images_per_second

    def is_of(self, task: str, dataset: str) -> bool:
        """Whether it was made with this kind of data, or with a part of it."""
        return self.config.task == task and family(self.config.dataset) == family(dataset)


def evidence_of(plan: StudyPlan, rows: Sequence[RunRow], where: str = "") -> Iterator[Evidence]:
    """What a study's finished runs with a teacher show, in the plan's order.

    Args:
        plan: of the study.
        rows: of its finished runs.
        where: machine and date, if it was recorded elsewhere.
    """
    first: dict[str, DistillConfig] = {}
    for job in plan.jobs():
        first.setdefault(job.variant, job.config)
    for row in variant_rows(rows, [variant.name for variant in plan.variants]):
        config = first[row.variant]
        teachers = [each.teacher for each in rows if each.variant == row.variant and each.teacher is not None]
        if config.teacher is not None:
            yield Evidence(
                study=plan.name,
                title=plan.title or plan.name,
                where=where,
                config=config,
                row=row,
                teacher=fmean(teachers) if teachers else None,
                inputs=inputs_of(config),
                rival=first[plan.variants[0].name],
            )


def nearest(found: Iterable[Evidence], labels: float) -> list[Evidence]:
    """Those that saw a number of labels as near to this one, as a ratio, as any did."""
    known = list(found)
    least = min((apart(each.labels, labels) for each in known), default=1.0)
    return [each for each in known if apart(each.labels, labels) <= least]


def apart(ours: float, theirs: float) -> float:
    """How many times as many labels one case has as the other, 1 or more."""
    ours, theirs = min(ours, MOST_LABELS), min(theirs, MOST_LABELS)
    return max(ours, theirs) / min(ours, theirs)


def inputs_of(config: DistillConfig) -> int | None:
    """How many inputs a run draws from; None where its data is not to be had."""
    try:
        return task_named(config.task).foreseen(config).inputs
    except DistillError:
        return None
