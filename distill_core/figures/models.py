"""Models beside each other: what they reach, and what they cost."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd

from distill_core.figures.bars import share_bars
from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named
from distill_core.insight.front import unbeaten

Cost = Literal["latency_ms", "parameters", "megabytes"]

ROOM = 1.6
"""How many times dearer, or cheaper, than all models the axis goes: so far that a round number lies on it."""

NEAR = 0.045
"""Points nearer than this share of the chart, either way, share one label."""

MOST_NAMED = 3

# Each with its axis title, what the mouse shows, and the format of its ticks.
COSTS: dict[Cost, tuple[str, str, str]] = {
    "latency_ms": ("CPU time for one input (ms, median)", "%{x:.3g} ms", "~g"),
    "parameters": ("parameters", "%{x:,} parameters", ".2~s"),
    "megabytes": ("file size (MB)", "%{x:.3g} MB", "~g"),
}
ROLES = {
    "teacher": ("@teacher", "diamond"),
    "baseline": ("@baseline", "circle-open"),
    "student": ("@student", "circle"),
}


def size_vs_accuracy(frame: pd.DataFrame, *, cost: Cost = "latency_ms") -> Figure:
    """Accuracy against cost: up and to the left is better.

    A line joins the students on the Pareto front, which no other beats at the same cost or less; the others are faint.

    Args:
        frame: one row a model, with columns `role` (teacher, baseline, student), `name`, `accuracy` (0..1, test), the
            `cost`, and `short`, the label beside the point or ""; a model whose cost is not known is left out.
        cost: what the x axis shows; its scale is logarithmic, for sizes differ by orders of magnitude.
    """
    known = frame[frame[cost].notna() & frame["accuracy"].notna() & (frame[cost] > 0)]
    title, _, ticks = COSTS[cost]
    known = known.assign(label=_labels(known, cost))
    traces: list[dict[str, Any]] = []
    for role in ROLES:
        rows = known[known["role"] == role]
        if role == "student" and len(rows) > 1:
            front = rows.iloc[unbeaten(list(zip(rows[cost], rows["accuracy"], strict=True)))]
            beaten = rows.drop(index=front.index)
            traces += [_points(beaten, known, cost, role, "student, beaten at this cost")] if len(beaten) else []
            traces.append(_points(front, known, cost, role, "student, on the Pareto front", joined=True))
        elif len(rows):
            traces.append(_points(rows, known, cost, role, role))
    return {
        "data": traces,
        "layout": layout(
            x={
                "title": title,
                "type": "log",
                "showgrid": True,
                "dtick": "D2",
                "tickformat": ticks,
                **_span(known[cost]),
            },
            y={"title": "test accuracy", "tickformat": ".0%" if _reach(known["accuracy"]) > 0.05 else ".1%"},
            hovermode="closest",
        ),
    }


def _points(
    rows: pd.DataFrame, known: pd.DataFrame, cost: Cost, role: str, name: str, *, joined: bool = False
) -> dict[str, Any]:
    """Models of one role; those on the front are joined by a line, students beaten by others are faint."""
    colour, symbol = ROLES[role]
    faint = role == "student" and name != role and not joined
    return {
        "type": "scatter",
        "mode": "lines+markers+text" if joined else "markers+text",
        "name": name,
        "x": plain(rows[cost]),
        "y": plain(rows["accuracy"]),
        "text": rows["label"].tolist(),
        "textposition": _sides(rows[cost], known[cost]),
        "textfont": {"size": 12, "color": "@muted"},
        "customdata": [named(name) for name in rows["name"]],
        "line": {"color": f"{colour}/0.6", "width": 2},
        "marker": {
            "color": f"{colour}/0.25" if faint else colour,
            "opacity": 0.8,
            "symbol": symbol,
            "size": 11,
            "line": {"width": 2, "color": colour},
        },
        "cliponaxis": False,
        "hovertemplate": "%{customdata}<br>%{y:.1%}, " + COSTS[cost][1] + f"<extra>{role}</extra>",
    }


def _span(costs: pd.Series[float]) -> dict[str, Any]:
    """The ends of the axis as powers of ten."""
    if costs.empty:
        return {}
    return {"range": [math.log10(float(costs.min()) / ROOM), math.log10(float(costs.max()) * ROOM)]}


def _sides(costs: pd.Series[float], every: pd.Series[float]) -> list[str]:
    """Labels stand to the right, but to the left of the dearest models, where the chart ends."""
    middle = math.sqrt(float(every.min()) * float(every.max()))
    return ["middle left" if cost > middle * ROOM else "middle right" for cost in costs]


def _reach(values: pd.Series[float]) -> float:
    return float(values.max() - values.min()) if len(values) else 0.0


LONGEST_LABEL = 18
"""Characters beside a point."""


def _labels(rows: pd.DataFrame, cost: str) -> list[str]:
    """What stands beside each point: points that would cover each other's label share one, at the first of them."""
    if rows.empty:
        return []
    across = np.log10(rows[cost].to_numpy(dtype=float))
    up = rows["accuracy"].to_numpy(dtype=float)
    width, height = max(float(np.ptp(across)), math.log10(ROOM**2)), max(float(np.ptp(up)), 0.01)
    shorts = rows["short"].tolist()
    sharing: dict[int, list[str]] = {}
    for index, short in enumerate(shorts):
        if not short:
            continue
        first = next(
            (
                other
                for other in sharing
                if abs(across[other] - across[index]) < 3 * NEAR * width and abs(up[other] - up[index]) < NEAR * height
            ),
            index,
        )
        sharing.setdefault(first, []).append(named(short, LONGEST_LABEL))
    return [f" {_joined(sharing[index])} " if index in sharing else "" for index in range(len(shorts))]


def _joined(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


HOLDS_ITS_FIGURE = 0.5
"""A shorter bar has its figure beside it, where it stays legible on a narrow screen."""


def result_bars(frame: pd.DataFrame) -> Figure:
    """Test accuracy of teacher, student and baseline as bars, best seen from the back row.

    Args:
        frame: one row a model, with columns `role`, `name` and `accuracy` (0..1), drawn from top to bottom.
    """
    return share_bars(
        [named(name) for name in frame["name"]],
        frame["accuracy"],
        colours=[ROLES[role][0] for role in frame["role"]],
        inside_from=HOLDS_ITS_FIGURE,
        gap=0.35,
        tick_size=14,
        figure={"size": 17, "weight": "bold"},
    )
