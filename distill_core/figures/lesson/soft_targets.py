"""One answer as bars: how a teacher shares out its certainty among the classes."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named

LEAST_SAID = 0.0005


def soft_targets(frame: pd.DataFrame) -> Figure:
    """A bar for each class, the likeliest on top; the label's name is bold.

    Args:
        frame: one row a class, with columns `name`, `share` (0..1) and `is_label`.
    """
    rows = frame.sort_values("share", kind="stable")
    names = [named(name) for name in rows["name"]]
    places = list(range(len(rows)))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": plain(rows["share"]),
                "y": places,
                "marker": {"color": "@teacher"},
                "text": [f" {share:.1%}" if share >= LEAST_SAID else " <0.1%" for share in rows["share"]],
                "textposition": "outside",
                "textfont": {"size": 13, "color": "@text"},
                "cliponaxis": False,
                "hoverinfo": "skip",
            }
        ],
        "layout": layout(
            x={"range": [0, 1.2], "visible": False, "fixedrange": True},
            y={
                "tickvals": places,
                "ticktext": [
                    f"<b>{name}</b>" if label else name for name, label in zip(names, rows["is_label"], strict=True)
                ],
                "tickfont": {"size": 13, "color": "@text"},
                "showgrid": False,
                "fixedrange": True,
            },
            bargap=0.3,
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }
