"""Several runs in one picture: their validation curves laid over each other, and their settings as parallel axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain, thinned
from distill_core.figures.naming import named
from distill_core.insight.names import shortened

MOST_RUNS = 8
"""More lines over each other cannot be told apart."""
_STYLES = [
    (colour, dash) for dash in ("solid", "dash") for colour in ("@student", "@rose", "@olive", "@labels")
]  # fmt: skip


def overlaid(curves: Sequence[tuple[str, pd.DataFrame]], *, teacher: float | None = None, axis: str) -> Figure:
    """Validation over the epochs, a line a run.

    Args:
        curves: at most `MOST_RUNS` of (name, one row an epoch with columns `epoch` and `validation`, 0..1).
        teacher: its accuracy on the same split, where all runs have the same.
        axis: what the y axis is called.
    """
    longest = max((float(frame["epoch"].max()) for _, frame in curves if len(frame)), default=1.0)
    line = {"color": "@teacher", "width": 1.5, "dash": "dot"}
    level = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": teacher, "y1": teacher, "line": line}
    return {
        "data": [_curve(name, frame, *style) for (name, frame), style in zip(curves, _STYLES, strict=False)],
        "layout": layout(
            x={"title": "epoch", "range": [0, 1.02 * longest], **({"dtick": 1} if longest <= 12 else {})},
            y={"title": axis, "tickformat": ".0%", "range": _reach([frame for _, frame in curves], teacher)},
            shapes=[level] if teacher is not None else [],
            annotations=[_teacher_name(teacher)] if teacher is not None else [],
        ),
    }


def _curve(name: str, frame: pd.DataFrame, colour: str, dash: str) -> dict[str, Any]:
    frame = thinned(frame)
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(frame) <= 40 else "lines",
        "name": named(name),
        "x": plain(frame["epoch"]),
        "y": plain(frame["validation"]),
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 5},
        "hovertemplate": "%{y:.1%}",
    }


def _reach(frames: Sequence[pd.DataFrame], teacher: float | None) -> list[float]:
    """From the ten per cent below the lowest to the ten above the highest."""
    values = [float(value) for frame in frames for value in frame["validation"].dropna()]
    values += [] if teacher is None else [teacher]
    if not values:
        return [0, 1]
    return [math.floor(10 * min(values)) / 10, min(1.0, math.ceil(10 * max(values)) / 10) + 0.005]


def _teacher_name(level: float) -> dict[str, Any]:
    return {
        "text": f"teacher {level:.1%}",
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": level,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": "@teacher"},
    }


MOST_TICKS = 6
LONGEST_TICK = 14
"""Characters of a name beside an axis."""


@dataclass(frozen=True)
class Axis:
    """One of the parallel axes.

    Attributes:
        title: what stands above it.
        values: one a run; None where a run has none, which then has no line.
        format: of the numbers, as d3 has it; "" for names, which are ticks of their own.
    """

    title: str
    values: Sequence[float | str | None]
    format: str = ""


def parallel(axes: Sequence[Axis]) -> Figure:
    """Runs as lines through parallel axes; coloured by the last one, which is what came of them.

    Args:
        axes: numbers or names; the last one of numbers.
    """
    known = [at for at in range(len(axes[-1].values)) if all(axis.values[at] is not None for axis in axes)]
    shown = [replace(axis, values=[axis.values[at] for at in known]) for axis in axes]
    results = plain(_numbers(shown[-1]))
    drawn = [value for value in results if value is not None]
    low, high = min(drawn, default=0.0), max(drawn, default=1.0)
    return {
        "data": [
            {
                "type": "parcoords",
                "line": {
                    "color": results,
                    "colorscale": [[0, "@line"], [1, "@student"]],
                    "cmin": low,
                    "cmax": high if high > low else low + 1,
                },
                "dimensions": [_dimension(axis) for axis in shown],
                "labelfont": {"color": "@text", "size": 12},
                "labelangle": -30,  # in a narrow window axes are nearer to each other than their titles are long
                "tickfont": {"color": "@muted", "size": 11},
                "rangefont": {"color": "rgba(0,0,0,0)", "size": 1},
            }
        ],
        "layout": {**layout(x={}, y={}), "margin": {"l": _room(shown[0]), "r": 72, "t": 84, "b": 16}},
    }


def _dimension(axis: Axis) -> dict[str, Any]:
    """An axis; where runs have few values, a tick at each of them and at no other."""
    if not axis.format:
        names = list(dict.fromkeys(map(str, axis.values)))
        places = [float(names.index(str(value))) for value in axis.values]
        ticks = {"tickvals": list(range(len(names))), "ticktext": [shortened(name, LONGEST_TICK) for name in names]}
        return {"label": axis.title, "values": places, "range": [-0.2, max(len(names) - 0.8, 0.2)], **ticks}
    values = plain(_numbers(axis), 6)
    few = sorted(set(values), key=lambda value: value or 0.0)
    at_each = {"tickvals": few} if len(few) <= MOST_TICKS else {}
    return {"label": axis.title, "values": values, "tickformat": axis.format, **at_each}


def _room(first: Axis) -> int:
    """Pixels to the left of the first axis, where names stand beside its ticks or above it."""
    longest = (
        0 if first.format else max((len(shortened(str(value), LONGEST_TICK)) for value in first.values), default=0)
    )
    return max(48, 7 * longest + 12)


def _numbers(axis: Axis) -> pd.Series[float]:
    return pd.Series([float(value) for value in axis.values if value is not None])
