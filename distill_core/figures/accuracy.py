"""Accuracy over the epochs: the student, its baseline, and the teacher as the line to reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, notice, plain, quarter_decades, thinned
from distill_core.figures.marks import AXIS, signs
from distill_core.insight.marks import Mark
from distill_core.insight.measures import ACCURACY, MEASURES, Measure

MOST_TICKS = 12


def accuracy_curves(
    student: pd.DataFrame,
    baseline: pd.DataFrame | None = None,
    *,
    epochs: float,
    teacher: float | None = None,
    measure: Measure = MEASURES[ACCURACY],
    marks: Sequence[Mark] = (),
    steps_per_epoch: float = 1.0,
    empty: str = "The first point comes after the first epoch",
) -> Figure:
    """Validation and training accuracy of the student, validation accuracy of the baseline; or another measure of them.

    Args:
        student: one row an epoch, with columns `epoch`, `validation` and `train` (0..1; `train` may be missing).
        baseline: the same for the student trained on labels alone.
        epochs: of the whole training: the x axis does not grow.
        teacher: its accuracy on validation, drawn as a level line.
        measure: what the frames hold in place of accuracy; what is no share of 1 has a logarithmic axis.
        marks: what happened to the student beside learning, as small signs at the foot.
        steps_per_epoch: of the student's, which its marks are told in.
        empty: what is said while there are no points.
    """
    traces = []
    if baseline is not None and not measure.of_student:
        traces.append(_curve(baseline, "validation", "baseline, validation", "@baseline", 2.0, None))
    if "train" in student and student["train"].notna().any():
        traces.append(_curve(student, "train", "student, training", "@student/0.75", 1.5, "dot"))
    traces.append(_curve(student, "validation", "student, validation", "@student", 2.5, None))
    for trace in traces:
        trace["hovertemplate"] = "%{y:.1%}" if measure.is_share else "%{y:.3g}"
    seen = [trace["y"] for trace in traces]
    level = [] if teacher is None else [teacher]
    waiting = [] if any(seen) else [notice(empty)]
    return {
        "data": [*traces, *signs(marks, steps_per_epoch)],
        "layout": layout(
            yaxis9=AXIS,
            x={"title": "epoch", "range": [0, max(epochs, 1) * 1.02], "showticklabels": epochs > 0, **_whole(epochs)},
            y={
                "title": measure.axis,
                "uirevision": measure.name,
                **_axis([value for values in seen for value in values], level, measure),
            },
            shapes=[_teacher_line(value) for value in level],
            annotations=[*waiting, *(_teacher_name(value, measure) for value in level)],
        ),
    }


def _whole(epochs: float) -> dict[str, Any]:
    """A tick an epoch where there are few, for there is no half of one to show; of many, Plotly chooses whole ones."""
    return {"dtick": 1} if epochs <= MOST_TICKS else {}


def _curve(frame: pd.DataFrame, column: str, name: str, colour: str, width: float, dash: str | None) -> dict[str, Any]:
    frame = thinned(frame)
    few = len(frame) <= 40 if dash is None else len(frame) == 1
    return {
        "type": "scatter",
        "mode": "lines+markers" if few else "lines",
        "name": name,
        "x": plain(frame["epoch"]),
        "y": plain(frame[column]),
        "line": {"color": colour, "width": width, **({"dash": dash} if dash else {})},
        "marker": {"color": colour, "size": 6},
    }


def _axis(values: list[float | None], level: list[float], measure: Measure) -> dict[str, Any]:
    if measure.is_share:
        return {"tickformat": ".0%", "range": _range(values, level)}
    known = [value for value in values if value is not None] + level
    ends = quarter_decades(min(known, default=1), max(known, default=100))
    return {"type": "log", "tickformat": ".3~g", "dtick": "D2", "range": ends}


def _range(values: list[float | None], level: list[float]) -> list[float]:
    """From the ten per cent below the lowest to the ten above the highest, so that the axis moves seldom."""
    known = [value for value in values if value is not None] + level
    low = math.floor(10 * min(known, default=0) - 0.2) / 10
    high = math.ceil(10 * max(known, default=1) + 0.2) / 10
    return [max(low, 0), min(high, 1.005)]


def _teacher_line(value: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": {"color": "@teacher", "width": 2, "dash": "dash"},
    }


def _teacher_name(value: float, measure: Measure) -> dict[str, Any]:
    return {
        "text": f"teacher, validation {value:.1%}" if measure.is_share else f"teacher, validation {value:.3g}",
        "xref": "paper",
        "yref": "y",
        "x": 0.01,
        "y": value if measure.is_share else math.log10(value),  # an annotation on a logarithmic axis is in powers
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": "@teacher"},
    }
