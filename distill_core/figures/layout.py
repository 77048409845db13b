"""What all figures share: fonts, grid, legend, and the two ways of keeping a picture calm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

Figure = dict[str, Any]

MOST_POINTS = 1000


def layout(*, x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Plotly layout in the project's style; a constant `uirevision` keeps the reader's zoom through updates."""
    axis = {
        "gridcolor": "@line/0.6",
        "linecolor": "@line",
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": "@muted", "size": 12},
        "automargin": True,
    }
    return {
        "uirevision": "keep",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "@text", "size": 13},
        "margin": {"l": 8, "r": 12, "t": 60, "b": 8},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "@surface", "bordercolor": "@line", "font": {"color": "@text", "size": 12}},
        "legend": {"orientation": "h", "x": 0, "y": 1.09, "yanchor": "bottom", "xanchor": "left", "font": {"size": 12}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "@muted", "activecolor": "@text"},
        "showlegend": True,
        "dragmode": "zoom",
        "xaxis": {**axis, "showgrid": False, **_axis(x)},
        "yaxis": {**axis, **_axis(y)},
        **more,
    }


def notice(words: str) -> dict[str, Any]:
    """An annotation in the middle of a chart that has nothing to show yet."""
    return {
        "text": words,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"size": 13, "color": "@muted"},
    }


def _axis(settings: dict[str, Any]) -> dict[str, Any]:
    """`title` may be plain text."""
    title = settings.get("title")
    if isinstance(title, str):
        settings = {**settings, "title": {"text": title, "font": {"size": 12, "color": "@muted"}, "standoff": 6}}
    return settings


def quarter_decades(low: float, high: float) -> list[float]:
    """Ends of a logarithmic axis around positive values, in powers of ten: whole quarters, so that it moves seldom."""
    return [math.floor(4 * math.log10(low) - 0.2) / 4, math.ceil(4 * math.log10(high) + 0.2) / 4]


def thinned(frame: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """At most `most` rows over the WHOLE frame: means of neighbours, so that nothing is shown that was not there.

    A mean over a value that is not a number stays not a number, and leaves a gap in the line.
    """
    if len(frame) <= most:
        return frame
    bucket = np.arange(len(frame)) * most // len(frame)
    return frame.groupby(bucket).mean(skipna=False)


LARGEST_POWER = 290
POWERS = np.array([float(f"1e{power}") for power in range(LARGEST_POWER + 1)])
"""Of ten, each the nearest number there is; what `10.0 ** power` gives above 22 depends on the processor."""


def plain(values: pd.Series[float], digits: int = 5) -> list[float | None]:
    """Numbers ready for JSON, rounded to `digits` significant ones; what is not finite becomes a gap."""
    numbers = values.to_numpy(dtype=float)
    drawn = np.isfinite(numbers)
    sizes = np.abs(numbers, where=drawn & (numbers != 0), out=np.ones_like(numbers))
    places = np.clip(digits - 1 - np.floor(np.log10(sizes)), -LARGEST_POWER, LARGEST_POWER).astype(int)
    # Divided by a whole power of ten, never multiplied by a fraction of one: so that 0.1 is 0.1, and short in JSON.
    up, down = POWERS[np.maximum(places, 0)], POWERS[np.maximum(-places, 0)]
    rounded: list[float | None] = (np.round(np.where(drawn, numbers, 0.0) * up / down) * down / up).tolist()
    for gap in np.flatnonzero(~drawn):
        rounded[gap] = None
    return rounded


def running_mean(frame: pd.DataFrame, columns: Sequence[str], rows: int) -> pd.DataFrame:
    """The frame with these columns as means over a row and the `rows` - 1 before it; what is not a number stays so."""
    if frame.empty or not columns:
        return frame
    values = frame[list(columns)].to_numpy(dtype=float)
    known = np.isfinite(values)
    before = ((rows - 1, 0), (0, 0))
    summed, counted = (
        np.lib.stride_tricks.sliding_window_view(np.pad(each, before), rows, axis=0).sum(axis=2)
        for each in (np.where(known, values, 0.0), known)
    )
    means = np.where(known, summed / np.maximum(counted, 1), np.nan)
    return frame.assign(**dict(zip(columns, means.T, strict=True)))


def calm_decades(values: np.ndarray[Any, Any], most: float = 6.0) -> tuple[float, float]:
    """Both ends of a logarithmic axis as powers of ten, in steps of a half, at most `most` decades apart."""
    drawn = values[np.isfinite(values) & (values > 0)]
    if drawn.size == 0:
        return -1.0, 1.0
    low, high = math.log10(float(drawn.min())), math.log10(float(drawn.max()))
    top = math.ceil(2 * high + 0.1) / 2
    return max(math.floor(2 * low - 0.1) / 2, top - most), top


def calm_top(values: np.ndarray[Any, Any]) -> float | None:
    """An upper end for an axis that moves in round steps and that one early spike cannot stretch; None if unknown."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return None
    usual, most = float(np.quantile(finite, 0.98)), float(finite.max())
    top = most if most <= 3 * usual else 1.5 * usual
    if top <= 0:
        return None
    step = 10 ** math.floor(math.log10(top)) / 2
    return float(math.ceil(1.05 * top / step) * step)
