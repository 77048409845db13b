"""What models answer to one input: their distributions, and who says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]

ROLES = ("teacher", "baseline", "student")
"""In the order in which they stand side by side."""
MOST_CLASSES = 12
"""Bars that a chart has room for."""


def shown_classes(distributions: Sequence[Shares], truth: int | None = None, most: int = MOST_CLASSES) -> list[int]:
    """Which classes a chart shows, in their own order: all, or where they are many those that any model holds likely.

    Args:
        distributions: `[C]` of each model.
        truth: a class that is shown in any case.
        most: how many are shown.
    """
    highest = np.max(np.stack(distributions), axis=0)
    if len(highest) <= most:
        return list(range(len(highest)))
    if truth is not None:
        highest[truth] = np.inf
    return sorted(np.argsort(-highest, kind="stable")[:most].tolist())


def camps(said: Mapping[str, Any]) -> list[tuple[Any, list[str]]]:
    """Who says the same: each answer with the roles that give it, the larger camp first, else the teacher's."""
    found: dict[Any, list[str]] = {}
    for role in ROLES:
        if role in said:
            found.setdefault(said[role], []).append(role)
    return sorted(found.items(), key=lambda camp: -len(camp[1]))
