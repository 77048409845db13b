"""The terms of the loss over the steps, with the phases behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from distill_core.events import PhaseSpan
from distill_core.figures.layout import Figure, calm_top, layout, notice, plain, thinned

# Each term has the colour of where its knowledge comes from: the teacher, or the labels that are all a baseline has.
# The sum lies beneath, wide and faint, for it often runs along one of its terms.
TERMS = {
    "loss": ("total", "@student/0.45", 5),
    "kd": ("teacher's term", "@teacher", 1.5),
    "ce": ("labels' term", "@baseline", 1.5),
}


def loss_curves(
    frame: pd.DataFrame, phases: Sequence[PhaseSpan], *, steps: int, measured_at: int | None = None
) -> Figure:
    """The loss as it fell.

    Args:
        frame: one row a logged step, with columns `step`, `loss`, and for each term its weighted value (`kd`, `ce`)
            and its raw one (`kd_raw`, `ce_raw`); a term the run does not have has no column.
        phases: shaded and named.
        steps: of the whole training: the x axis does not grow.
        measured_at: the step at which training paused to measure latency.
    """
    frame = thinned(frame)
    terms = [term for term in ("kd", "ce") if term in frame]
    shown = ["loss", *terms] if len(terms) > 1 else terms
    traces = [_term(frame, term) for term in shown]
    values = frame[shown].to_numpy(dtype=float) if shown else np.empty(0)
    top = calm_top(values)
    waiting = [] if len(frame) else [notice("The first point comes with the first steps")]
    return {
        "data": traces,
        "layout": layout(
            x={"title": "step", "range": [0, max(steps, 1)], "showspikes": True, "spikecolor": "@muted"},
            y={"title": "loss, weighted", "range": [0, top] if top else [0, 1]},
            shapes=[*_bands(phases), *_marker(measured_at)],
            annotations=[*waiting, *_names(phases, steps), *_marker_name(measured_at, steps)],
        ),
    }


def _term(frame: pd.DataFrame, term: str) -> dict[str, Any]:
    name, colour, width = TERMS[term]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": frame["step"].round().astype(int).tolist(),
        "y": plain(frame[term]),
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{y:.3f}",
    }
    raw = f"{term}_raw"
    if raw in frame:
        trace["customdata"] = plain(frame[raw])
        trace["hovertemplate"] = "%{y:.3f} (%{customdata:.3f} before its weight)"
    return trace


def _bands(phases: Sequence[PhaseSpan]) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": phase.start,
            "x1": phase.stop,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "fillcolor": "@muted/0.10" if index % 2 else "@muted/0.04",
        }
        for index, phase in enumerate(phases)
        if phase.stop > phase.start
    ]


def _names(phases: Sequence[PhaseSpan], steps: int) -> list[dict[str, Any]]:
    """A phase's name above its band, where the band is wide enough to carry it."""
    return [
        {
            "text": phase.name,
            "xref": "x",
            "yref": "paper",
            "x": (phase.start + phase.stop) / 2,
            "y": 1,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": "@muted"},
        }
        for phase in phases
        if phase.stop - phase.start >= 0.08 * steps
    ]


def _marker(step: int | None) -> list[dict[str, Any]]:
    if step is None:
        return []
    line = {"color": "@muted", "width": 1, "dash": "dot"}
    return [{"type": "line", "xref": "x", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1, "line": line}]


def _marker_name(step: int | None, steps: int) -> list[dict[str, Any]]:
    if step is None:
        return []
    return [
        {
            "text": "latency measured",
            "xref": "x",
            "yref": "paper",
            "x": step,
            "y": 0.99,
            "yanchor": "top",
            "xanchor": "left" if step < 0.6 * steps else "right",
            "xshift": 4 if step < 0.6 * steps else -4,
            "showarrow": False,
            "font": {"size": 11, "color": "@muted"},
        }
    ]
