"""What a teacher is like: class by class, which it takes for which, and how far its confidence can be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from distill_core.figures.bars import share_bars
from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import name_ticks, named

LONGEST_CLASS = 16
FULL = 0.3
"""From this share on a cell is so full that its count is written in the colour of the page."""
COUNTS_SHOWN = 12
"""Up to so many classes the cells of the confusion matrix hold their counts."""


def class_bars(frame: pd.DataFrame) -> Figure:
    """The share of each class that is recognised.

    Args:
        frame: one row a class, with columns `name` and `recall` (0..1), drawn from top to bottom.
    """
    ticks = [named(name, LONGEST_CLASS) for name in frame["name"]]
    return share_bars(ticks, frame["recall"], colours="@teacher", inside_from=0.3, gap=0.25, tick_size=12)


def confusion_map(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Which class is taken for which; the depth of a cell grows with the root of its share, so that rare errors show.

    Args:
        counts: `[C][C]`; a row is what an image shows, a column what it was taken for.
        classes: their names.
    """
    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    names = [named(name) for name in classes]
    places = list(range(len(classes)))
    shown = len(classes) <= COUNTS_SHOWN
    heatmap: dict[str, Any] = {
        "type": "heatmap",
        "z": [[round(math.sqrt(share), 4) for share in row] for row in shares],
        "x": places,
        "y": places,
        "customdata": [
            [[count, f"{share:.1%}", true, taken] for taken, count, share in zip(names, row, of_row, strict=True)]
            for true, row, of_row in zip(names, counts, shares, strict=True)
        ],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "@surface"], [1, "@teacher"]],
        "showscale": False,
        "xgap": 2 if shown else 0,
        "ygap": 2 if shown else 0,
        "hovertemplate": "%{customdata[2]}, taken for %{customdata[3]}: "
        "%{customdata[0]:,} (%{customdata[1]})<extra></extra>",
    }
    fixed = {
        **name_ticks(classes, LONGEST_CLASS),
        "showticklabels": shown,
        "showgrid": False,
        "fixedrange": True,
        "tickfont": {"size": 11, "color": "@text"},
    }
    return {
        "data": [heatmap],
        "layout": layout(
            x={"title": "taken for", "tickangle": -45, **fixed},
            y={"title": "shows", "autorange": "reversed", **fixed},
            annotations=_counts(counts, shares) if shown else [],
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }


def _counts(counts: Sequence[Sequence[int]], shares: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """The counts in their cells, in the colour that can be read on the cell's."""
    return [
        {
            "x": column,
            "y": row,
            "text": str(count),
            "showarrow": False,
            "font": {"size": 11, "color": "@background" if share > FULL else "@text"},
        }
        for row, (of_row, of_shares) in enumerate(zip(counts, shares, strict=True))
        for column, (count, share) in enumerate(zip(of_row, of_shares, strict=True))
        if count
    ]


def reliability_diagram(bins: pd.DataFrame) -> Figure:
    """The share that is right against the confidence it was said with; on the diagonal both agree.

    The fuller a bar, the more answers it holds.

    Args:
        bins: one row a bin that holds answers, with columns `low`, `high`, `count`, `confidence` and `accuracy`.
    """
    share = bins["count"] / max(float(bins["count"].sum()), 1.0)
    return {
        "data": [
            {
                "type": "bar",
                "name": "right",
                "x": plain((bins["low"] + bins["high"]) / 2),
                "y": plain(bins["accuracy"]),
                "width": plain((bins["high"] - bins["low"]) * 0.92),
                "marker": {
                    "color": [f"@teacher/{0.1 + 0.8 * math.sqrt(part):.2f}" for part in share],
                    "line": {"width": 1.5, "color": "@teacher"},
                },
                "customdata": [
                    [
                        f"{row['low']:.0%} to {row['high']:.0%}",
                        f"{row['confidence']:.1%}",
                        int(row["count"]),
                        f"{part:.1%}",
                    ]
                    for row, part in zip(bins.to_dict("records"), share, strict=True)
                ],
                "hovertemplate": "sure of %{customdata[0]} (%{customdata[1]} on average): %{y:.1%} right<br>"
                "%{customdata[2]:,} answers, %{customdata[3]} of all<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "as sure as right",
                "x": [0, 1],
                "y": [0, 1],
                "line": {"color": "@muted", "dash": "dash", "width": 1.5},
                "hoverinfo": "skip",
            },
        ],
        "layout": layout(
            x={"title": "confidence", "range": [0, 1], "tickformat": ".0%", "fixedrange": True},
            y={"title": "share that is right", "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
            hovermode="closest",
            dragmode=False,
            margin={"l": 8, "r": 12, "t": 36, "b": 8},
        ),
    }
