"""The learning rate over the steps, as the training took them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from distill_core.figures.layout import Figure, calm_top, plain, thinned
from distill_core.figures.steps import Steps, over_steps


def rate_curve(
    frame: pd.DataFrame,
    steps: Steps,
    *,
    of_baseline: bool = False,
    empty: str = "The first point comes with the first steps",
) -> Figure:
    """The learning rate of every logged step.

    Args:
        frame: one row a logged step, with columns `step` and `learning_rate`.
        steps: what lies behind and beside the curve.
        of_baseline: whether this is the baseline's, which then wears the baseline's colour.
        empty: what is said while there are no points.
    """
    frame = thinned(frame.reindex(columns=["step", "learning_rate"]).astype(float))
    top = calm_top(np.array([frame["learning_rate"].max()]))  # all of it: a rate has no spikes that could be left out
    curve = {
        "type": "scatter",
        "mode": "lines+markers" if len(frame) == 1 else "lines",
        "name": "learning rate",
        "x": plain(frame["step"]),
        "y": plain(frame["learning_rate"]),
        "line": {"color": "@baseline" if of_baseline else "@student", "width": 1.8},
        "hovertemplate": "%{y:.3~g}",
    }
    y = {
        "title": "learning rate",
        "uirevision": "rate",
        "showticklabels": len(frame) > 0,
        "type": "linear",
        "range": [0, top] if top else [0, 1],
        "tickformat": "~g",
    }
    return over_steps([curve], y, steps, empty="" if len(frame) else empty)
