"""The teacher's share of the pull at every temperature, with T squared in its term and without."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain

_LINES = (("with_square", "with T²", "solid"), ("without", "without T²", "dot"))


def pull_by_temperature(frame: pd.DataFrame, now: float) -> Figure:
    """Two lines over the temperatures, which stand at equal distances.

    Args:
        frame: one row a temperature, with columns `temperature`, `with_square` and `without`: shares of 1.
        now: the temperature that is chosen, one of them.
    """
    names = [f"{temperature:g}" for temperature in frame["temperature"]]
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": names,
            "y": plain(frame[column]),
            "line": {"color": "@teacher", "width": 2, "dash": dash},
            "marker": {"color": "@teacher", "size": 7},
            "hovertemplate": "%{y:.0%}",
        }
        for column, name, dash in _LINES
    ]
    line = {"color": "@muted", "width": 1, "dash": "dot"}
    place = frame["temperature"].tolist().index(now)  # on an axis of names a number is a place
    here = {"type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": 1}
    return {
        "data": traces,
        "layout": layout(
            x={"title": "temperature T", "type": "category"},
            y={"title": "teacher's share of the pull", "range": [0, 1.04], "tickformat": ".0%"},
            shapes=[{**here, "line": line}],
        ),
    }
