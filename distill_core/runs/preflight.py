"""What is checked before a job spends minutes: that data, teacher and student exist and fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.footprint import parameters
from distill_core.insight.doubts import doubts
from distill_core.task import DataFacts, no_matter, task_named


@dataclass(frozen=True)
class Preflight:
    """What a job needs to know before it begins; what concerns the teacher is None without one."""

    facts: DataFacts
    images: int
    student_parameters: int
    teacher_architecture: str | None = None
    teacher_parameters: int | None = None


def inspect(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Preflight:
    """Loads the data and builds the models once, so that a mistake shows before the baseline is trained.

    Args:
        config: of the run.
        home: the folder for downloads.
        between: called between the pieces of a download; may raise to end it.

    Raises:
        DistillError: for a name, a value or a file that is wrong.
    """
    from distill_core.train.pools import visible_labels

    task = task_named(config.task)
    data = task.load_data(config, home, between)
    visible_labels(data.train.labels, len(data.facts.classes), config.label_budget, config.seed)
    student = task.build(config.student, data.facts, config.seed)
    found = Preflight(data.facts, len(data.train), parameters(student))
    if config.teacher is None:
        return found
    teacher, card = task.load_teacher(config.teacher, data.facts)
    return Preflight(found.facts, found.images, found.student_parameters, card.architecture, parameters(teacher))


def warnings_of(config: DistillConfig, found: Preflight) -> Iterator[str]:
    """What the user should know before the run, in the words that the form uses too."""
    return doubts(
        config,
        student_parameters=found.student_parameters,
        teacher_parameters=found.teacher_parameters,
        images=found.images,
    )
