"""What is checked before a job spends minutes: that data, teacher and student exist and fit together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.footprint import parameters
from distill_core.task import DataFacts, task_named

FEW_LABELS = 1_000


@dataclass(frozen=True)
class Preflight:
    """What a job needs to know before it begins; what concerns the teacher is None without one."""

    facts: DataFacts
    images: int
    student_parameters: int
    teacher_architecture: str | None = None
    teacher_parameters: int | None = None


def inspect(config: DistillConfig, home: Path) -> Preflight:
    """Loads the data and builds the models once, so that a mistake shows before the baseline is trained.

    Raises:
        DistillError: for a name, a value or a file that is wrong.
    """
    from distill_core.train.pools import visible_labels

    task = task_named(config.task)
    data = task.load_data(config, home)
    visible_labels(data.train.labels, len(data.facts.classes), config.label_budget, config.seed)
    student = task.build(config.student, data.facts, config.seed)
    found = Preflight(data.facts, len(data.train), parameters(student))
    if config.teacher is None:
        return found
    teacher, card = task.load_teacher(config.teacher, data.facts)
    return Preflight(found.facts, found.images, found.student_parameters, card.architecture, parameters(teacher))


def warnings_of(config: DistillConfig, found: Preflight) -> Iterator[str]:
    """What the user should know before the run, in sentences."""
    if config.teacher is None:
        return
    if found.teacher_parameters is not None and found.student_parameters > found.teacher_parameters:
        yield (
            f"The student {config.student} ({found.student_parameters:,} parameters) is bigger than its teacher "
            f"({found.teacher_parameters:,}); distilling usually goes from a larger model to a smaller one."
        )
    labels = min(config.label_budget or found.images, found.images)
    for phase in config.phases:
        if phase.pool == "labelled" and phase.share > 0 and labels < FEW_LABELS:
            yield (
                f"The phase {phase.name!r} trains on the {labels:,} labelled images alone; with fewer than "
                f"{FEW_LABELS:,} it can eat what distilling gained."
            )
    if not _uses_labels(config):
        yield "alpha = 1 uses no labels: the student learns from the teacher's answers alone."


def _uses_labels(config: DistillConfig) -> bool:
    phases = [phase for phase in config.phases if phase.share > 0]
    return any(config.objective.alpha < 1 if phase.terms is None else phase.terms.get("ce", 0) > 0 for phase in phases)
