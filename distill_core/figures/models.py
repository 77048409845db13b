"""Models beside each other: what they reach, and what they cost."""

from __future__ import annotations

import math
from typing import Any, Literal

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain

Cost = Literal["latency_ms", "parameters", "megabytes"]

DOUBLING = math.log10(2)

# Each with its axis title, what the mouse shows, and the format of its ticks.
COSTS: dict[Cost, tuple[str, str, str]] = {
    "latency_ms": ("CPU time for one image (ms, median)", "%{x:.3g} ms", "~g"),
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

    Args:
        frame: one row a model, with columns `role` (teacher, baseline, student), `name`, `accuracy` (0..1, test) and
            the `cost`; a model whose cost is not known is left out.
        cost: what the x axis shows; its scale is logarithmic, for sizes differ by orders of magnitude.
    """
    known = frame[frame[cost].notna() & frame["accuracy"].notna() & (frame[cost] > 0)]
    title, hover, ticks = COSTS[cost]
    traces: list[dict[str, Any]] = []
    for role, (colour, symbol) in ROLES.items():
        rows = known[known["role"] == role]
        if rows.empty:
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": role,
                "x": plain(rows[cost]),
                "y": plain(rows["accuracy"]),
                "text": rows["name"].tolist(),
                "marker": {"color": colour, "symbol": symbol, "size": 12, "line": {"width": 2, "color": colour}},
                "hovertemplate": "%{text}<br>%{y:.1%}, " + hover + f"<extra>{role}</extra>",
            }
        )
    return {
        "data": traces,
        "layout": layout(
            x={"title": title, "type": "log", "showgrid": True, "dtick": DOUBLING, "tickformat": ticks},
            y={"title": "test accuracy", "tickformat": ".0%"},
            hovermode="closest",
        ),
    }


def result_bars(frame: pd.DataFrame) -> Figure:
    """Test accuracy of teacher, student and baseline as bars, best seen from the back row.

    Args:
        frame: one row a model, with columns `role`, `name` and `accuracy` (0..1), drawn from top to bottom.
    """
    rows = frame.iloc[::-1]
    colours = [ROLES[role][0] for role in rows["role"]]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": plain(rows["accuracy"]),
                "y": rows["name"].tolist(),
                "marker": {"color": colours},
                "text": [f"{accuracy:.1%} " for accuracy in rows["accuracy"]],
                "textposition": "inside",
                "insidetextanchor": "end",
                "textangle": 0,
                "textfont": {"size": 17, "color": "@background", "weight": "bold"},
                "hoverinfo": "skip",
            }
        ],
        "layout": layout(
            x={"range": [0, 1], "visible": False, "fixedrange": True},
            y={"tickfont": {"size": 14, "color": "@text"}, "showgrid": False, "fixedrange": True},
            bargap=0.35,
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }
