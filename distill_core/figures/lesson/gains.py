"""What methods gained over labels alone, with few labels and with many."""

from __future__ import annotations

from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named

_STYLES = (("few", "@student", "circle", 0.16), ("all", "@labels", "diamond", -0.16))


def gains(frame: pd.DataFrame, *, few: str, every: str) -> Figure:
    """Mean gain of each method with its interval; where that reaches 0, no gain is shown.

    Args:
        frame: one row a method from top to bottom, with columns `method`, and for "few" and "all": `mean_few`,
            `half_few`, `mean_all`, `half_all`, in points.
        few: what few labels are called, such as ``400 labels``.
        every: what all labels are called.
    """
    rows = [len(frame) - 1 - index for index in range(len(frame))]
    names = {"few": few, "all": every}
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": names[part],
            "x": plain(frame[f"mean_{part}"]),
            "y": [row + shift for row in rows],
            "error_x": {"array": plain(frame[f"half_{part}"]), "color": colour, "thickness": 1.6, "width": 4},
            "marker": {"color": colour, "size": 10, "symbol": symbol},
            "customdata": [
                [named(method), half]
                for method, half in zip(frame["method"], plain(frame[f"half_{part}"]), strict=True)
            ],
            "hovertemplate": "%{customdata[0]}<br>%{x:+.1f} ± %{customdata[1]:.1f} points<extra>"
            + names[part]
            + "</extra>",
        }
        for part, colour, symbol, shift in _STYLES
    ]
    zero = {"type": "line", "xref": "x", "yref": "paper", "x0": 0, "x1": 0, "y0": 0, "y1": 1}
    return {
        "data": traces,
        "layout": layout(
            x={"title": "gain, points", "showgrid": True},
            y={
                "tickvals": rows,
                "ticktext": [named(method) for method in frame["method"]],
                "tickfont": {"size": 12, "color": "@text"},
                "range": [-0.6, len(frame) - 0.4],
                "showgrid": False,
            },
            shapes=[{**zero, "line": {"color": "@muted", "width": 1.5, "dash": "dot"}}],
            hovermode="closest",
            legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left", "font": {"size": 12}},
            margin={"l": 8, "r": 12, "t": 36, "b": 8},
        ),
    }
