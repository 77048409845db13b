"""Phases of a training, shaded behind a chart and named above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distill_core.events import PhaseSpan
from distill_core.figures.naming import named

NARROWEST = 0.08
"""A phase of a smaller share of the training has no room for its name."""
LETTER = 0.022
"""How much of a chart's width a letter of a name takes, on a middling screen."""


def bands(phases: Sequence[PhaseSpan], per_x: float = 1) -> list[dict[str, Any]]:
    """Shapes for a layout, every other one a little darker; `per_x` steps are one unit of the x axis."""
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": phase.start / per_x,
            "x1": phase.stop / per_x,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "fillcolor": "@muted/0.10" if index % 2 else "@muted/0.04",
        }
        for index, phase in enumerate(phases)
        if phase.stop > phase.start
    ]


def names_above(phases: Sequence[PhaseSpan], steps: int, per_x: float = 1) -> list[dict[str, Any]]:
    """Annotations for a layout: a phase's name above its band, where there is room for it beside the one before."""
    return [
        {
            "text": named(phase.name),
            "xref": "x",
            "yref": "paper",
            "x": (phase.start + phase.stop) / 2 / per_x,
            "y": 1,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": "@muted"},
        }
        for phase in _with_room(phases, max(steps, 1))
    ]


def _with_room(phases: Sequence[PhaseSpan], steps: int) -> list[PhaseSpan]:
    """The phases whose names do not run into each other."""
    found, end = [], -1.0
    for phase in phases:
        middle, half = (phase.start + phase.stop) / 2 / steps, LETTER * len(phase.name) / 2
        if phase.stop - phase.start >= NARROWEST * steps and middle - half >= end:
            found.append(phase)
            end = middle + half
    return found
