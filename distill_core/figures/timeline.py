"""Temperature, alpha and learning rate along the phases of a training that has not begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from distill_core.events import PhaseSpan
from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.phases import bands, names_above


def timeline_curves(frame: pd.DataFrame, phases: Sequence[PhaseSpan], *, steps: int) -> Figure:
    """Three lines over the whole training: the temperature on the left, the two shares on the right.

    Args:
        frame: one row a step, with columns `step`, `temperature`, `kd` (the weight of the soft labels) and `rate` (the
            learning rate as a share of the highest).
        phases: shaded and named, in steps.
        steps: of the whole training, drawn as 0 to 100%.
    """
    hottest = frame["temperature"].max()
    top = 1.15 * float(hottest) if pd.notna(hottest) else 1.0
    heaviest = max(1.0, float(frame["kd"].max()))
    return {
        "data": [
            _line(frame, "rate", "learning rate", "@muted", "dot", "%{y:.0%} of the highest", "y2"),
            _line(frame, "kd", "alpha", "@teacher", "solid", "%{y:.2~f}", "y2"),
            _line(frame, "temperature", "T, left axis", "@rose", "solid", "%{y:.2~f}", "y"),
        ],
        "layout": layout(
            x={
                "title": "of the training",
                "range": [0, steps],
                "tickvals": [steps * i / 5 for i in range(6)],
                "ticktext": [f"{20 * i}%" for i in range(6)],
                "fixedrange": True,
            },
            y={"title": "T", "range": [0, top], "fixedrange": True},
            yaxis2={
                "range": [0, 1.15 * heaviest],
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
                "fixedrange": True,
                "tickfont": {"color": "@muted", "size": 12},
                "automargin": True,
            },
            shapes=bands(phases),
            annotations=names_above(phases, steps),
        ),
    }


def _line(frame: pd.DataFrame, column: str, name: str, colour: str, dash: str, said: str, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": frame["step"].tolist(),
        "y": plain(frame[column].astype(float)),
        "yaxis": axis,
        "line": {"color": colour, "width": 2, "dash": dash, "shape": "linear"},
        "connectgaps": False,
        "hovertemplate": said,
    }
