"""Which classes a model finds alike: mean soft answers as a map, the right answers left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from distill_core.figures.layout import Figure, layout
from distill_core.figures.naming import name_ticks, named

SAID_FROM = 0.03
"""Shares from here on stand in their cells, in per cent."""

_ENDS = "%{customdata[0]} taken for %{customdata[1]}: "


def class_map(rest: npt.NDArray[np.floating], classes: Sequence[str], *, top: float, role: str) -> Figure:
    """A row for each true class, a column for what it is taken for; the fuller the colour, the larger the share.

    Args:
        rest: shares `[C, C]`, NaN on the diagonal.
        classes: their names.
        top: the share that has the full colour, so that maps beside each other can be compared.
        role: whose colour: "teacher" or "student".
    """
    scale = [["0", "@background"], ["1", f"@{role}"]]
    hover = "%{z:.1%}<extra></extra>"
    return _map(rest, classes, {"zmin": 0, "zmax": top, "colorscale": scale, "hovertemplate": _ENDS + hover})


def difference_map(rest: npt.NDArray[np.floating], classes: Sequence[str], *, top: float) -> Figure:
    """Student minus teacher: in the student's colour where it gives too much, in the teacher's where too little.

    Args:
        rest: differences of shares `[C, C]`, NaN on the diagonal.
        classes: their names.
        top: the difference that has the full colour.
    """
    scale = [["0", "@teacher"], ["0.5", "@background"], ["1", "@student"]]
    hover = "student %{z:+.1%}<extra></extra>"
    return _map(rest, classes, {"zmin": -top, "zmax": top, "colorscale": scale, "hovertemplate": _ENDS + hover})


def _map(rest: npt.NDArray[np.floating], classes: Sequence[str], colours: dict[str, Any]) -> Figure:
    signed = colours["zmin"] < 0
    cells = [[None if np.isnan(share) else round(float(share), 5) for share in row] for row in rest]
    words = [[_said(share, signed) for share in row] for row in cells]
    places = list(range(len(classes)))
    axis = {**name_ticks(classes), "showgrid": False, "fixedrange": True, "tickfont": {"size": 11, "color": "@text"}}
    return {
        "data": [
            {
                "type": "heatmap",
                "z": cells,
                "x": places,
                "y": places,
                "customdata": [[[named(true), named(taken)] for taken in classes] for true in classes],
                "text": words,
                "texttemplate": "%{text}",
                "textfont": {"size": 11},
                "xgap": 1,
                "ygap": 1,
                "showscale": False,
                "hoverongaps": False,
                **colours,
            }
        ],
        "layout": layout(
            x={**axis, "tickangle": -60},
            y={**axis, "autorange": "reversed"},
            plot_bgcolor="@muted/0.16",
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }


def _said(share: float | None, signed: bool) -> str:
    if share is None or abs(share) < SAID_FROM:
        return ""
    return f"{100 * share:+.0f}".replace("-", "−") if signed else f"{100 * share:.0f}"
