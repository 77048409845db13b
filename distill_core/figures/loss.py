"""The terms of the loss over the steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from distill_core.figures.layout import Figure, calm_decades, calm_top, plain, running_mean, thinned
from distill_core.figures.steps import Steps, over_steps
from distill_core.losses.registry import LOSSES

Show = Literal["weighted", "raw", "share"]

# The teacher's soft labels and the labels have colours of their own, further terms take the next pair.
COLOURS = {"kd": "@teacher", "ce": "@labels"}
FURTHER = [
    (colour, dash)
    for dash in ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    for colour in ("rose", "olive", "brown", "red")
]
Y_TITLES: dict[Show, str] = {
    "weighted": "loss, weighted",
    "raw": "loss, before weights",
    "share": "share of the gradient",
}
MOST_LONG_NAMES = 3
SMOOTHED = 0.04
"""Lines are means over this share of the training: few of a batch's images have labels, so their term is noisy."""
_BESIDE = ("step", "loss", "learning_rate")
_PARTS = ("_raw", "_gradient")


def loss_curves(
    frame: pd.DataFrame,
    steps: Steps,
    *,
    show: Show = "weighted",
    logarithmic: bool = False,
    of_baseline: bool = False,
    empty: str = "The first point comes with the first steps",
) -> Figure:
    """The loss as it fell, each term in a colour of its own and their sum as a thin line beneath.

    Lines are means over the steps just before, so a point once drawn stays; what was logged lies faint behind them.

    Args:
        frame: one row a logged step, with columns `step`, `loss`, and for each term its weighted value (such as `kd`),
            its raw one (`kd_raw`) and, if logged, the norm of its gradient (`kd_gradient`).
        steps: what lies behind and beside the curves.
        show: terms as they count, before their weights, or how much of the gradients' norms each makes.
        logarithmic: draw the loss by factors of ten, so that small terms are seen beside large ones.
        of_baseline: whether this is the baseline's loss, which then wears the baseline's colour.
        empty: what is said while there are no points.
    """
    terms = terms_of(frame)
    logarithmic = logarithmic and show != "share"
    columns = {"weighted": terms, "raw": [f"{term}_raw" for term in terms]}.get(show, [])
    if show == "share":
        frame, columns = _shares(frame, terms)
    frame = thinned(frame)
    sums = ["loss"] if show == "weighted" and len(terms) > 1 else []
    raws = [f"{term}_raw" for term in terms if show == "weighted" and f"{term}_raw" in frame]
    smooth = running_mean(frame, [*sums, *columns, *raws], _window(frame, steps.count))
    values = smooth[[*sums, *columns]].to_numpy(dtype=float) if columns else np.empty(0)
    styles = _styles(terms, of_baseline)
    x = frame["step"].round().astype(int).tolist()
    traces: list[dict[str, Any]] = []
    if show != "share":
        traces += [
            _logged(x, frame[column], styles[term], logarithmic) for term, column in zip(terms, columns, strict=True)
        ]
    traces += [_total(x, smooth["loss"], logarithmic)] if sums else []
    for term, column in zip(terms, columns, strict=True):
        name = title_of(term, short=len(terms) > MOST_LONG_NAMES)
        name = f"baseline: {name.lower()}" if of_baseline else name
        traces.append(_term(x, smooth[column], name, styles[term], logarithmic, stacked=show == "share"))
        if show == "weighted" and f"{term}_raw" in frame:
            traces[-1]["customdata"] = plain(smooth[f"{term}_raw"])
            traces[-1]["hovertemplate"] = "%{y:.3~g} (%{customdata:.3~g} before its weight)"
    y = {
        "title": Y_TITLES[show],
        "uirevision": f"{show}-{logarithmic}",
        "showticklabels": len(frame) > 0,
        **_scale(values, show, logarithmic),
    }
    return over_steps(traces, y, steps, empty="" if len(frame) else empty)


def terms_of(frame: pd.DataFrame) -> list[str]:
    """The terms that a frame has columns for: soft labels and labels first, then the others as they appeared."""
    found = [str(name) for name in frame.columns if name not in _BESIDE and not str(name).endswith(_PARTS)]
    return [term for term in COLOURS if term in found] + [term for term in found if term not in COLOURS]


def title_of(term: str, *, short: bool = False) -> str:
    """A term's name on screen; the short one is the abbreviation that its title has in brackets."""
    title = LOSSES[term].title if term in LOSSES else term
    brackets = re.search(r"\((.+)\)", title)
    return brackets[1] if short and brackets else title


def _styles(terms: Sequence[str], of_baseline: bool) -> dict[str, tuple[str, str]]:
    """Colour and dash of each term; orange is the baseline's alone."""
    if of_baseline:
        return dict.fromkeys(terms, ("@baseline", "solid"))
    styles, used = {}, 0
    for term in terms:
        if term in COLOURS:
            styles[term] = (COLOURS[term], "solid")
        else:
            colour, dash = FURTHER[used % len(FURTHER)]
            styles[term], used = (f"@{colour}", dash), used + 1
    return styles


def _shares(frame: pd.DataFrame, terms: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The frame with each term's share of the sum of all gradients' norms; terms that are off make none of it."""
    columns = [f"{term}_gradient" for term in terms]
    norms = frame.reindex(columns=columns)
    logged = norms.notna().any(axis=1)
    norms = norms[logged].fillna(0.0)
    total = norms.sum(axis=1)
    shares = norms.div(total.where(total > 0), axis=0)
    return pd.concat([frame.loc[logged, ["step"]], shares], axis=1), columns


def _window(frame: pd.DataFrame, steps: int) -> int:
    """How many rows a mean is over."""
    if len(frame) < 2:
        return 1
    apart = float(frame["step"].iloc[-1] - frame["step"].iloc[0]) / (len(frame) - 1)
    return max(1, round(SMOOTHED * steps / apart)) if apart > 0 else 1


def _logged(x: list[int], values: pd.Series[float], style: tuple[str, str], logarithmic: bool) -> dict[str, Any]:
    """What was logged, as it was."""
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": x,
        "y": _drawable(values, logarithmic),
        "line": {"color": f"{style[0]}/0.22", "width": 1},
    }


def _total(x: list[int], values: pd.Series[float], logarithmic: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "total",
        "x": x,
        "y": _drawable(values, logarithmic),
        "line": {"color": "@muted", "width": 1.2},
        "hovertemplate": "%{y:.3~g}",
    }


def _term(
    x: list[int], values: pd.Series[float], name: str, style: tuple[str, str], logarithmic: bool, *, stacked: bool
) -> dict[str, Any]:
    colour, dash = style
    area = {"stackgroup": "share", "fillcolor": f"{colour}/0.35"}
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) == 1 else "lines",
        "name": name,
        "x": x,
        "y": _drawable(values, logarithmic),
        "line": {"color": colour, "width": 1 if stacked else 1.8, "dash": dash},
        "hovertemplate": "%{y:.0%}" if stacked else "%{y:.3~g}",
        **(area if stacked else {}),
    }


def _drawable(values: pd.Series[float], logarithmic: bool) -> list[float | None]:
    """What a logarithm has no place for becomes a gap."""
    return plain(values.where(values > 0) if logarithmic else values)


def _scale(values: np.ndarray[Any, Any], show: Show, logarithmic: bool) -> dict[str, Any]:
    """The y axis: it moves seldom, and never shows less than there is."""
    if show == "share":
        return {"range": [0, 1], "tickformat": ".0%"}
    if logarithmic:
        low, high = calm_decades(values)
        return {"type": "log", "range": [low, high], "dtick": "D2" if high - low <= 2.5 else 1, "tickformat": "~g"}
    top = calm_top(values)
    return {"type": "linear", "range": [0, top] if top else [0, 1]}
