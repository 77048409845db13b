"""A model's answer to one input, as a distribution over the classes."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named

ROW, AROUND = 26, 12
LONGEST = 18
FAINT = 0.4


def answer_bars(frame: pd.DataFrame, role: str) -> Figure:
    """One bar a class, in the classes' own order from above; the likeliest is drawn in full colour.

    Args:
        frame: columns `name`, `share` (0..1) and `right` (whether it is the true class; none need be).
        role: whose colour it has.
    """
    likeliest = frame["share"].to_numpy() == frame["share"].max()
    names = [named(name, LONGEST) for name in frame["name"]]
    ticks = [f"<b>✓ {name}</b>" if right else name for name, right in zip(names, frame["right"], strict=True)]
    places = list(range(len(frame)))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": plain(frame["share"]),
                "y": places,
                "marker": {"color": [f"@{role}" if best else f"@{role}/{FAINT}" for best in likeliest]},
                "text": [_percent(share) for share in frame["share"]],
                "textposition": "outside",
                "textfont": {"size": 12, "color": "@muted"},
                "cliponaxis": False,
                "customdata": [named(name) for name in frame["name"]],
                "hovertemplate": "%{customdata}<br>%{x:.2%}<extra></extra>",
            }
        ],
        "layout": layout(
            x={"range": [0, 1.5], "visible": False, "fixedrange": True},
            y={
                "tickvals": places,
                "ticktext": ticks,
                "range": [len(frame) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
            margin={"l": 8, "r": 4, "t": 4, "b": 4},
            hovermode="closest",
            showlegend=False,
            bargap=0.3,
            dragmode=False,
        ),
    }


def height_of(classes: int) -> int:
    """Pixels for so many bars."""
    return AROUND + ROW * classes


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
