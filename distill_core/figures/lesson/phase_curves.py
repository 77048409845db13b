"""Accuracy over the epochs, with the phases of the training behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from distill_core.figures.accuracy import accuracy_curves
from distill_core.figures.layout import Figure


def phase_curves(
    student: pd.DataFrame,
    baseline: pd.DataFrame,
    *,
    epochs: float,
    teacher: float | None,
    phases: Sequence[tuple[str, float, float]],
) -> Figure:
    """`accuracy_curves` with a named band for each phase of the student's training.

    Args:
        student: as there.
        baseline: as there.
        epochs: of the whole training.
        teacher: its accuracy on validation.
        phases: name, first and last epoch of each, as fractions of epochs.
    """
    figure = accuracy_curves(student, baseline, epochs=epochs, teacher=teacher)
    figure["layout"]["shapes"] = [
        *(_band(start, stop, number) for number, (_, start, stop) in enumerate(phases)),
        *figure["layout"]["shapes"],
    ]
    figure["layout"]["annotations"] += [_name(name, (start + stop) / 2) for name, start, stop in phases]
    return figure


def _band(start: float, stop: float, number: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "yref": "paper",
        "x0": start,
        "x1": stop,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": "@muted/0.14" if number % 2 else "@muted/0.05",
    }


def _name(name: str, middle: float) -> dict[str, Any]:
    return {
        "text": name,
        "xref": "x",
        "yref": "paper",
        "x": middle,
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": "@muted"},
    }
