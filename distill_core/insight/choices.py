"""What a user can choose from: teachers that fit a data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from distill_core.cards import read_card
from distill_core.errors import CheckpointError

# Data sets that are parts of one another: a teacher of one fits the other.
_SUFFIXES = ("-mini", "-rest", "-more")


@dataclass(frozen=True)
class TeacherChoice:
    """`reference` is what a configuration says; `classes` are the teacher's, in its order.

    `accuracy_on` says on which images the accuracy is, `dataset` what the teacher was trained on.
    """

    reference: str
    title: str
    parameters: int
    accuracy: float | None
    labels_seen: int | None
    classes: tuple[str, ...]
    own: bool = False
    accuracy_on: str = ""
    dataset: str = ""
    architecture: str = ""


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
                    accuracy_on=card.accuracy_on,
                    dataset=card.dataset,
                    architecture=card.architecture,
                )
            )
    return sorted(found, key=lambda choice: (choice.own, -choice.parameters))
