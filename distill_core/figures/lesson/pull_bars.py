"""Who pulls at the student: the teacher's answers and the labels, as shares of the gradient."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain

_ROLES = (("teacher", "@teacher", "teacher's answers"), ("labels", "@labels", "labels"))
LEGIBLE = 0.12
"""A narrower part of a bar has no room for its figure."""


def pull_bars(frame: pd.DataFrame) -> Figure:
    """A bar of full length for each moment of a training, shared between both.

    Args:
        frame: one row a moment, from top to bottom, with columns `moment`, `teacher` and `labels`: norms of the
            weighted gradients.
    """
    rows = frame.iloc[::-1]
    both = (rows["teacher"] + rows["labels"]).replace(0, 1)
    traces = []
    for role, colour, name in _ROLES:
        shares = rows[role] / both
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "x": plain(shares),
                "y": rows["moment"].tolist(),
                "customdata": plain(rows[role], 3),
                "marker": {"color": colour},
                "text": [f"{share:.0%}" if share >= LEGIBLE else "" for share in shares],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "insidetextfont": {"size": 15, "color": "@background", "weight": "bold"},
                "hovertemplate": f"{name}: %{{x:.1%}}, norm %{{customdata:.3g}}<extra></extra>",
            }
        )
    return {
        "data": traces,
        "layout": layout(
            x={
                "range": [0, 1.001],  # a tick at the very end of a range is left out
                "tickformat": ".0%",
                "dtick": 0.25,
                "fixedrange": True,
                "title": "share of the pull",
            },
            y={"tickfont": {"size": 13, "color": "@text"}, "showgrid": False, "fixedrange": True},
            barmode="stack",
            bargap=0.35,
            hovermode="closest",
            dragmode=False,
            margin={"l": 8, "r": 24, "t": 36, "b": 8},
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        ),
    }
