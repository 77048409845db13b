"""Where a run's models part: which inputs the student alone gets right, and which it lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Filter:
    """A kind of disagreement; `needs` names the models without which it cannot be told."""

    name: str
    title: str
    needs: frozenset[str]


FILTERS = (
    Filter("student-alone", "Only the student is right", frozenset({"student", "teacher"})),
    Filter("teacher-alone", "Only the teacher is right", frozenset({"student", "teacher"})),
    Filter("differ", "Student and teacher differ", frozenset({"student", "teacher"})),
    Filter("undone", "Labels alone was right, the student is wrong", frozenset({"student", "baseline"})),
)


def found(
    answers: Mapping[str, NDArray[Any]], right: Mapping[str, NDArray[np.bool_]], surest: NDArray[Any]
) -> dict[str, Places]:
    """Places of the inputs of each kind of disagreement, where the student is surest of its answer first.

    Args:
        answers: by role, `[N]`: equal numbers are equal answers.
        right: by role, `[N]`, whether the answer is the right one.
        surest: `[N]`, the higher the earlier.

    Returns:
        By the name of the filter; those whose models are missing are left out.
    """
    kinds: dict[str, Callable[[], NDArray[np.bool_]]] = {
        "student-alone": lambda: _alone("student", right),
        "teacher-alone": lambda: _alone("teacher", right),
        "differ": lambda: answers["student"] != answers["teacher"],
        "undone": lambda: right["baseline"] & ~right["student"],
    }
    order = np.argsort(-surest, kind="stable")
    return {each.name: order[kinds[each.name]()[order]] for each in FILTERS if each.needs <= answers.keys()}


def _alone(role: str, right: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    others = np.any([right[other] for other in right if other != role], axis=0)
    alone: NDArray[np.bool_] = right[role] & ~others
    return alone


def unanimous(answers: Mapping[str, NDArray[Any]]) -> int:
    """On how many inputs all models say the same."""
    first, *others = answers.values()
    return int(np.all([first == other for other in others], axis=0).sum()) if others else len(first)
