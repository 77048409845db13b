"""What every chart over a training's steps has: the phases behind the curves, and what happened at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distill_core.events import PhaseSpan
from distill_core.figures.layout import Figure, layout, notice
from distill_core.figures.marks import AXIS, signs
from distill_core.figures.phases import bands, names_above
from distill_core.insight.marks import Mark

FEW_STEPS = 8
"""So few have a tick each, for there is no half of one to show."""


@dataclass(frozen=True)
class Steps:
    """A training as its charts divide it.

    Attributes:
        phases: shaded and named.
        count: of the whole training: the x axis does not grow.
        measured_at: the step at which training paused to measure latency.
        marks: what happened beside learning, as small signs at the foot.
    """

    phases: Sequence[PhaseSpan]
    count: int
    measured_at: int | None = None
    marks: Sequence[Mark] = ()


def over_steps(traces: Sequence[dict[str, Any]], y: dict[str, Any], steps: Steps, *, empty: str = "") -> Figure:
    """A chart of curves over the steps of a training.

    Args:
        traces: with the step as x.
        y: the axis of their values.
        steps: what lies behind and beside the curves.
        empty: said in the middle, where there are no points.
    """
    count = steps.count
    return {
        "data": [*traces, *signs(steps.marks)],
        "layout": layout(
            yaxis9=AXIS,
            x={
                "title": "step",
                "range": [0, max(count, 1)],
                "showticklabels": count > 0,
                **({"dtick": 1} if count <= FEW_STEPS else {}),
                "showspikes": True,
                "spikecolor": "@muted",
            },
            y=y,
            shapes=[*bands(steps.phases), *_marker(steps.measured_at)],
            annotations=[
                *([notice(empty)] if empty else []),
                *names_above(steps.phases, count),
                *_marker_name(steps.measured_at, count),
            ],
        ),
    }


def _marker(step: int | None) -> list[dict[str, Any]]:
    if step is None:
        return []
    line = {"color": "@muted", "width": 1, "dash": "dot"}
    return [{"type": "line", "xref": "x", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1, "line": line}]


def _marker_name(step: int | None, steps: int) -> list[dict[str, Any]]:
    if step is None:
        return []
    return [
        {
            "text": "latency measured",
            "xref": "x",
            "yref": "paper",
            "x": step,
            "y": 0.99,
            "yanchor": "top",
            "xanchor": "left" if step < 0.6 * steps else "right",
            "xshift": 4 if step < 0.6 * steps else -4,
            "showarrow": False,
            "font": {"size": 11, "color": "@muted"},
        }
    ]
