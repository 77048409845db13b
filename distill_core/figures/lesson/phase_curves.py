"""Accuracy curves with the phases of the training behind them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from distill_core.events import PhaseSpan
from distill_core.figures.accuracy import accuracy_curves
from distill_core.figures.layout import Figure
from distill_core.figures.phases import bands, names_above


def phase_curves(
    student: pd.DataFrame,
    baseline: pd.DataFrame,
    *,
    epochs: int,
    teacher: float | None,
    phases: Sequence[PhaseSpan],
    steps_per_epoch: int,
) -> Figure:
    """`accuracy_curves` with a named band for each phase of the student's training.

    Args:
        student: as there.
        baseline: as there.
        epochs: of the whole training.
        teacher: its accuracy on validation.
        phases: the student's, in steps.
        steps_per_epoch: of the student's.
    """
    figure = accuracy_curves(student, baseline, epochs=epochs, teacher=teacher)
    figure["layout"]["shapes"] = [*bands(phases, steps_per_epoch), *figure["layout"]["shapes"]]
    figure["layout"]["annotations"] += names_above(phases, epochs * steps_per_epoch, steps_per_epoch)
    return figure
