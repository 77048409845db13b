"""Shares as bars with a name before each and its figure in it or beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain

LEAST_SAID = 0.0005
ROOM_BESIDE = 1.3
"""How far the axis goes where figures stand beside their bars, of which the longest may be 1."""


def share_bars(
    ticks: Iterable[str],
    shares: pd.Series[float],
    *,
    colours: str | Sequence[str],
    inside_from: float | None,
    gap: float,
    tick_size: int = 13,
    figure: dict[str, Any] | None = None,
) -> Figure:
    """Bars from top to bottom.

    Args:
        ticks: what Plotly writes before each bar (see `naming.named`).
        shares: 0..1.
        colours: one for all, or one a bar.
        inside_from: from this share on a bar holds its figure; None puts all beside.
        gap: between bars, as a share of a bar's row.
        tick_size: of the letters of the names.
        figure: the font of the figures.
    """
    places = list(range(len(shares)))
    font = {"size": 13, **(figure or {})}
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": plain(shares),
                "y": places,
                "marker": {"color": colours},
                "text": [f" {share:.1%} " if share == 0 or share >= LEAST_SAID else " <0.1% " for share in shares],
                "textposition": [
                    "outside" if inside_from is None or share < inside_from else "inside" for share in shares
                ],
                "insidetextanchor": "end",
                "textangle": 0,
                "insidetextfont": {**font, "color": "@background"},
                "outsidetextfont": {**font, "color": "@text"},
                "cliponaxis": False,
                "hoverinfo": "skip",
            }
        ],
        "layout": layout(
            x={"range": [0, ROOM_BESIDE if inside_from is None else 1], "visible": False, "fixedrange": True},
            y={
                "tickvals": places,
                "ticktext": list(ticks),
                "tickfont": {"size": tick_size, "color": "@text"},
                "range": [len(places) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
            bargap=gap,
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }
