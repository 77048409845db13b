"""What a user can choose from: teachers that fit a data set, students by size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from distill_core.cards import read_card
from distill_core.errors import CheckpointError
from distill_core.task import ModelChoice, Task

# Data sets that are parts of one another: a teacher of one fits the other.
_SUFFIXES = ("-mini", "-rest")


@dataclass(frozen=True)
class TeacherChoice:
    """`reference` is what a configuration says; `classes` are the teacher's, in its order."""

    reference: str
    title: str
    parameters: int
    accuracy: float | None
    labels_seen: int | None
    classes: tuple[str, ...]
    own: bool = False


def family(dataset: str) -> str:
    """``fashion-mnist-mini`` and ``fashion-mnist-rest`` are both ``fashion-mnist``; ``folder:pets`` is ``folder``."""
    dataset = dataset.partition(":")[0]
    for suffix in _SUFFIXES:
        dataset = dataset.removesuffix(suffix)
    return dataset


def teachers_for(dataset: str, embedded: dict[str, Path], own: Iterable[tuple[str, Path]]) -> list[TeacherChoice]:
    """The teachers trained on a data set or on a part of it, largest first.

    Args:
        dataset: the transfer set.
        embedded: folders of the teachers that ship with the project, by name.
        own: name and model folder of the user's finished runs without a teacher.
    """
    candidates = [(name, str(name), folder, False) for name, folder in embedded.items()]
    candidates += [(str(folder), name, folder, True) for name, folder in own]
    found = []
    for reference, title, folder, is_own in candidates:
        try:
            card = read_card(folder)
        except CheckpointError:
            continue
        if family(card.dataset) == family(dataset):
            found.append(
                TeacherChoice(
                    reference=reference,
                    title=title,
                    parameters=card.parameters,
                    accuracy=card.accuracy,
                    labels_seen=card.labels_seen,
                    classes=card.classes,
                    own=is_own,
                )
            )
    return sorted(found, key=lambda choice: (choice.own, -choice.parameters))


def largest(task: Task) -> ModelChoice:
    """The architecture with the most parameters: what a teacher is made of when a data set has none."""
    return max(task.students(), key=lambda choice: choice.parameters)


def doubts(
    *,
    student_parameters: int | None,
    teacher_parameters: int | None,
    alpha: float,
    label_budget: int | None,
    ends_on_labels_alone: bool,
) -> list[str]:
    """What a user should know before a run starts; none of it keeps the run from starting."""
    said: list[str] = []
    if teacher_parameters is None:
        return said
    if student_parameters and student_parameters >= teacher_parameters:
        said.append(
            f"The student ({student_parameters:,} parameters) is not smaller than its teacher "
            f"({teacher_parameters:,}). It may learn well, but nothing gets smaller."
        )
    if alpha == 1:
        said.append("Alpha 1 uses no labels: the student learns from the teacher's answers alone.")
    if alpha == 0:
        said.append("Alpha 0 ignores the teacher: the student learns from labels alone, like its baseline.")
    if ends_on_labels_alone and label_budget is not None and label_budget < 1000:
        said.append(
            f"Fine-tuning on labels alone with only {label_budget:,} labels can eat what the teacher gave. "
            "Keep the teacher, or allow 1,000 labels or more."
        )
    return said
