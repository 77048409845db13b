"""The Pareto front: what nothing else beats at the same cost or less."""

from __future__ import annotations

from collections.abc import Sequence


def unbeaten(points: Sequence[tuple[float, float]]) -> list[int]:
    """The places of the points on the front, the cheapest first.

    Args:
        points: cost, of which less is better, and worth, of which more is; of equals all are on the front.
    """
    front: list[int] = []
    for at in sorted(range(len(points)), key=lambda at: (points[at][0], -points[at][1])):
        if not front or points[at][1] > points[front[-1]][1] or points[at] == points[front[-1]]:
            front.append(at)
    return front
