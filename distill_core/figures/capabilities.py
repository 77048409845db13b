"""What language models of several sizes can do: a line for each capability, so that size is weighed against all."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain, quarter_decades
from distill_core.figures.models import ROOM
from distill_core.figures.naming import named
from distill_core.insight.measures import MEASURES, Measure

# Colours tell who it is, so the line's dash and its markers tell which capability.
_LOOKS = {"reasoning": ("solid", "circle"), "instructions": ("dash", "square"), "perplexity": ("dot", "diamond")}
_WIDTHS = {"student": 2.5, "baseline": 1.5, "teacher": 0.0}


def capabilities(frame: pd.DataFrame) -> Figure:
    """Each capability against the number of parameters; runs of one size are joined by their mean.

    Args:
        frame: one row a model and capability, with columns `role` (teacher, baseline, student), `name`, `parameters`,
            `measure` (a name in `MEASURES`) and `value`. Perplexity has an axis of its own, turned round, so that up is
            better for every line; it stands on the right where there are others.
    """
    measures = [measure for name, measure in MEASURES.items() if name in _LOOKS and name in set(frame["measure"])]
    shares = any(measure.is_share for measure in measures)
    traces: list[dict[str, Any]] = []
    for measure in measures:
        of_measure = frame[frame["measure"] == measure.name]
        for role in ("baseline", "teacher", "student"):
            rows = of_measure[of_measure["role"] == role]
            if len(rows):
                traces.append(_points(rows, role, measure))
                traces += [_line(rows, role, measure, beside=shares)] if _WIDTHS[role] else []
    perplexities = frame.loc[frame["measure"] == "perplexity", "value"]
    beside = {"yaxis2": _perplexity_axis(perplexities, alone=not shares)} if len(perplexities) else {}
    sizes = frame["parameters"]
    ends = [math.log10(float(sizes.min()) / ROOM), math.log10(float(sizes.max()) * ROOM)] if len(sizes) else None
    return {
        "data": traces,
        "layout": layout(
            x={
                "title": "parameters",
                "type": "log",
                "showgrid": True,
                "dtick": "D2",
                "tickformat": ".2~s",
                **({"range": ends} if ends else {}),
            },
            y={"title": "right answers on test", "tickformat": ".0%", "range": [0, 1.03], "visible": shares},
            hovermode="closest",
            **beside,
        ),
    }


def _points(rows: pd.DataFrame, role: str, measure: Measure) -> dict[str, Any]:
    _, symbol = _LOOKS[measure.name]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": plain(rows["parameters"], 7),
        "y": plain(rows["value"]),
        "yaxis": _axis_of(measure),
        "customdata": [named(name) for name in rows["name"]],
        "marker": {"color": f"@{role}", "symbol": symbol + ("-open" if role == "baseline" else ""), "size": 9},
        "cliponaxis": False,
        "showlegend": False,
        "hovertemplate": "%{customdata}<br>"
        + measure.title
        + (" %{y:.1%}" if measure.is_share else " %{y:.3g}")
        + f", %{{x:,}} parameters<extra>{role}</extra>",
    }


def _line(rows: pd.DataFrame, role: str, measure: Measure, *, beside: bool) -> dict[str, Any]:
    """Through the mean of each size; the student's stands for its capability in the legend."""
    dash, _ = _LOOKS[measure.name]
    means = rows.groupby("parameters")["value"].mean().sort_index()
    return {
        "type": "scatter",
        "mode": "lines",
        "name": measure.title.lower() + (", right axis" if beside and not measure.is_share else ""),
        "x": [int(parameters) for parameters in means.index],
        "y": plain(means),
        "yaxis": _axis_of(measure),
        "line": {"color": f"@{role}", "width": _WIDTHS[role], "dash": dash},
        "showlegend": role == "student",
        "hoverinfo": "skip",
    }


def _axis_of(measure: Measure) -> str:
    return "y" if measure.is_share else "y2"


def _perplexity_axis(values: pd.Series[float], *, alone: bool) -> dict[str, Any]:
    low, high = quarter_decades(float(values.min()), float(values.max()))
    return {
        "title": {"text": "perplexity, turned round: up is better", "font": {"size": 12, "color": "@muted"}},
        "type": "log",
        "range": [high, low],
        "dtick": "D2",
        "tickformat": ".3~g",
        "overlaying": "y",
        "side": "left" if alone else "right",
        "showgrid": alone,
        "gridcolor": "@line/0.6",
        "tickfont": {"color": "@muted", "size": 12},
        "automargin": True,
    }
