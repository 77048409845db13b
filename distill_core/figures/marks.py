"""Small signs at the foot of a chart, for what happened at a step; words appear under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distill_core.figures.naming import named
from distill_core.insight.marks import Kind, Mark

SYMBOLS: dict[Kind, str] = {
    "paused": "square",
    "resumed": "triangle-right",
    "best": "star",
    "measured": "diamond",
    "warned": "triangle-up",
    "forked": "cross",
}
COLOURS: dict[Kind, str] = {"best": "@student", "warned": "@red"}
HEIGHT = 0.03
"""Above the foot of the chart, as a share of its height."""
NEAR = 0.02
"""Marks nearer than this, as a share of the steps up to the last, stand above each other."""
AXIS: dict[str, Any] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
"""The layout's `yaxis9`: signs stay at the foot whatever the reader zooms into."""


def signs(marks: Sequence[Mark], per_x: float = 1.0) -> list[dict[str, Any]]:
    """The last trace of a figure, if anything is marked; `per_x` is how many steps the x axis counts as one."""
    if not marks:
        return []
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": "events",
        "showlegend": False,
        "yaxis": "y9",
        "cliponaxis": False,
        "x": [mark.step / per_x for mark in marks],
        "y": _heights(marks),
        "text": [named(_words_at(mark.step, marks)) for mark in marks],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": [SYMBOLS[mark.kind] for mark in marks],
            "color": [COLOURS.get(mark.kind, "@muted") for mark in marks],
            "size": 9,
        },
    }
    return [trace]


def _heights(marks: Sequence[Mark]) -> list[float]:
    """Marks of about the same step stand above each other, each to be seen and pointed at."""
    near = NEAR * max(mark.step for mark in marks)
    below = [sum(abs(mark.step - other.step) <= near for other in marks[:i]) for i, mark in enumerate(marks)]
    return [HEIGHT * (1 + 2 * number) for number in below]


def _words_at(step: int, marks: Sequence[Mark]) -> str:
    """All that happened at a step, for a reader points at one of its signs alone."""
    return "; ".join(mark.text for mark in marks if mark.step == step)
