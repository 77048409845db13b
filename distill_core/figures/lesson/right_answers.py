"""What each way to learn reaches of each skill, with its seeds and its interval, beside the teacher."""

from __future__ import annotations

from typing import Any

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named

GAP = 0.9
"""Between two skills, in rows."""


def right_answers(frame: pd.DataFrame) -> Figure:
    """A row for each method below its skill; the seeds are small and faint, the teacher is a line across its skill.

    Args:
        frame: one row a skill and method, from top to bottom, with columns `skill`, `method`, `role` (student or
            baseline), `mean` and `half` (its interval's half-width; shares of 1), `seeds` (a share each) and `teacher`.
    """
    blocks = frame["skill"].ne(frame["skill"].shift()).cumsum().astype(float)
    heights = -(pd.Series(range(len(frame)), dtype=float) + GAP * blocks)
    data: list[dict[str, Any]] = []
    for role in ("baseline", "student"):
        rows = frame[frame["role"] == role]
        at = heights[rows.index]
        data += [_seeds(rows, at, role), _means(rows, at, role)]
    skills = [(str(name), heights[group.index], float(group["teacher"].iloc[0])) for name, group in _groups(frame)]
    return {
        "data": data,
        "layout": layout(
            x={
                "range": [0, 1.04],
                "tickformat": ".0%",
                "dtick": 0.25,
                "title": "right answers on test",
                "showgrid": True,
            },
            y={
                "tickvals": plain(heights),
                "ticktext": [named(method) for method in frame["method"]],
                "tickfont": {"size": 13, "color": "@text"},
                "range": [float(heights.min()) - 0.6, -0.2],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            shapes=[_teacher_line(at, teacher) for _, at, teacher in skills],
            annotations=[_title(name, at, teacher) for name, at, teacher in skills],
            hovermode="closest",
            showlegend=False,
            margin={"l": 8, "r": 12, "t": 8, "b": 8},
        ),
    }


def _groups(frame: pd.DataFrame) -> Any:
    return frame.groupby("skill", sort=False)


def _means(rows: pd.DataFrame, at: pd.Series[float], role: str) -> dict[str, Any]:
    """The mean, and its interval as far as shares go."""
    up, down = (1 - rows["mean"]).combine(rows["half"], min), rows["mean"].combine(rows["half"], min)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": plain(rows["mean"]),
        "y": plain(at),
        "error_x": {
            "array": plain(up),
            "arrayminus": plain(down),
            "symmetric": False,
            "color": f"@{role}",
            "thickness": 1.6,
            "width": 4,
        },
        "marker": {"color": f"@{role}", "size": 11},
        "customdata": [
            [method, half] for method, half in zip(rows["method"], plain(100 * rows["half"], 3), strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{x:.1%} ± %{customdata[1]:.1f}<extra></extra>",
        "cliponaxis": False,
    }


def _seeds(rows: pd.DataFrame, at: pd.Series[float], role: str) -> dict[str, Any]:
    exploded = rows.assign(at=at).explode("seeds")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": plain(exploded["seeds"].astype(float)),
        "y": plain(exploded["at"] - 0.22),
        "marker": {"color": f"@{role}", "size": 5, "opacity": 0.6},
        "hovertemplate": "one seed: %{x:.1%}<extra></extra>",
        "cliponaxis": False,
    }


def _teacher_line(at: pd.Series[float], teacher: float) -> dict[str, Any]:
    line = {"color": "@teacher", "width": 2, "dash": "dash"}
    low, high = float(at.min()) - 0.45, float(at.max()) + 0.4
    return {"type": "line", "xref": "x", "yref": "y", "x0": teacher, "x1": teacher, "y0": low, "y1": high, "line": line}


def _title(name: str, at: pd.Series[float], teacher: float) -> dict[str, Any]:
    return {
        "x": 0,
        "y": float(at.max()) + 0.62,
        "xref": "x",
        "yref": "y",
        "text": f"<b>{name.capitalize()}</b>, the teacher {teacher:.0%}",
        "showarrow": False,
        "xanchor": "left",
        "font": {"size": 13, "color": "@text"},
    }
