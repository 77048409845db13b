"""How long models take: a dot each, with the interval it is known to."""

from __future__ import annotations

from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.models import ROLES
from distill_core.figures.naming import name_ticks, named
from distill_core.insight.words import milliseconds

ROOM = 1.6
"""How far the axis goes beyond the longest time, so that its figure has room in a narrow window too."""


def latency_dots(frame: pd.DataFrame, *, axis: str) -> Figure:
    """CPU time of each model on a line from zero, so that lengths compare as times do.

    Args:
        frame: one row a model, drawn from top to bottom, with columns `role`, `name`, `ms`, and `low` and `high`, the
            ends of its interval, which may be unknown.
        axis: what the time is for.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)
    traces: list[dict[str, Any]] = []
    for place, row in enumerate(rows.to_dict("records")):
        colour = ROLES[str(row["role"])][0]
        known = pd.notna(row["low"]) and pd.notna(row["high"])
        ends = f", {milliseconds(row['low'])} to {milliseconds(row['high'])}" if known else ""
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [0, *plain(pd.Series([row["ms"]]))],
                "y": [place, place],
                "line": {"color": f"{colour}/0.3", "width": 6},
                "hoverinfo": "skip",
            }
        )
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": plain(pd.Series([row["ms"]])),
                "y": [place],
                "error_x": {
                    "symmetric": False,
                    "array": [row["high"] - row["ms"] if known else 0],
                    "arrayminus": [row["ms"] - row["low"] if known else 0],
                    "color": colour,
                    "thickness": 2,
                    "width": 7,
                },
                "marker": {"color": colour, "size": 12, "symbol": ROLES[str(row["role"])][1]},
                "text": [f"   {milliseconds(row['ms'])}"],
                "textposition": "middle right",
                "textfont": {"size": 13, "color": "@text"},
                "cliponaxis": False,
                "customdata": [named(row["name"])],
                "hovertemplate": f"{milliseconds(row['ms'])}{ends}<extra>%{{customdata}}</extra>",
            }
        )
    largest = float(frame[["ms", "high"]].max(skipna=True).max()) if len(frame) else 1.0
    return {
        "data": traces,
        "layout": layout(
            x={
                "title": axis,
                "range": [0, largest * ROOM],
                "showgrid": True,
                "ticksuffix": " ms",
                "nticks": 5,
                "fixedrange": True,
            },
            y={
                **name_ticks(rows["name"]),
                "tickfont": {"size": 13, "color": "@text"},
                "range": [-0.6, len(rows) - 0.4],
                "showgrid": False,
                "fixedrange": True,
            },
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }
