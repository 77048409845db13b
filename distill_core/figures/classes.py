"""What each class gained, as bars from the largest gain to the largest loss."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import name_ticks, named

MOST_NAMES = 40
"""More names beside each other cannot be read; the mouse still tells them."""


def class_bars(frame: pd.DataFrame) -> Figure:
    """Gains in points, those of the student's in its colour and losses in the baseline's.

    Args:
        frame: one row a class in the order to be shown, with columns `name`, `student`, `baseline` and `gain` (shares).
    """
    gains = 100 * frame["gain"]
    reach = max(1.0, 1.15 * float(gains.abs().max()))
    low = -reach if (gains < 0).any() else -0.04 * reach
    return {
        "data": [
            {
                "type": "bar",
                "x": list(range(len(frame))),
                "y": plain(gains, 3),
                "marker": {"color": ["@student" if gain >= 0 else "@baseline" for gain in gains]},
                "customdata": [
                    [named(name), round(student, 4), round(baseline, 4)]
                    for name, student, baseline in frame[["name", "student", "baseline"]].itertuples(index=False)
                ],
                "hovertemplate": "%{customdata[0]}<br>%{y:+.1f} points<br>"
                "student %{customdata[1]:.1%}, baseline %{customdata[2]:.1%}<extra></extra>",
                "showlegend": False,
            }
        ],
        "layout": layout(
            x={**name_ticks(frame["name"]), "showticklabels": len(frame) <= MOST_NAMES, "fixedrange": True},
            y={"title": "points over the baseline", "range": [low, reach], "zeroline": True, "fixedrange": True},
            hovermode="closest",
            bargap=0.35,
            margin={"l": 8, "r": 12, "t": 12, "b": 8},
        ),
    }
