"""A study's variants: what their seeds reach, what they cost, and how temperature and alpha go together."""

from __future__ import annotations

import math
from typing import Any, Literal

import pandas as pd

from distill_core.figures.layout import Figure, layout, plain
from distill_core.figures.naming import named
from distill_core.insight.words import percent

StudyCost = Literal["parameters", "bytes", "cpu_ms"]

# Each with its axis title, what the mouse shows, and its ticks.
STUDY_COSTS: dict[StudyCost, tuple[str, str, dict[str, str]]] = {
    "parameters": ("parameters", "%{x:,} parameters", {"tickformat": ".2~s"}),
    "bytes": ("size of the ONNX file", "%{x:.3s}B", {"tickformat": ".2~s", "ticksuffix": "B"}),
    "cpu_ms": ("CPU time for one input (ms, median)", "%{x:.3g} ms", {"tickformat": "~g"}),
}

TEST_ACCURACY = "test accuracy"
LONGEST_NAME = 30
ROW_HEIGHT, LOW_ROW_HEIGHT, MANY_ROWS = 34, 27, 12
LEAST_REACH = 0.02
"""What an axis of accuracies spans at least, lest a difference of nothing fill it."""

_BELOW = 0.24
"""How far the seeds lie below their mean, in rows."""

_LEGEND = {"legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left", "font": {"size": 12}}}
_FAINT, _FULL = 0.06, 0.6


def variants_height(variants: int) -> int:
    """How many pixels `study_variants` wants."""
    return max(150 + (ROW_HEIGHT if variants <= MANY_ROWS else LOW_ROW_HEIGHT) * variants, 260)


def study_variants(
    variants: pd.DataFrame,
    seeds: pd.DataFrame,
    *,
    teacher: float | None = None,
    close: bool = False,
    axis: str = TEST_ACCURACY,
) -> Figure:
    """Every seed's accuracy, and for each variant the mean with its interval, from top to bottom.

    Args:
        variants: one row a variant, with columns `variant`, `mean`, `half_width` and `baseline` (shares of 1; NaN where
            not known), and `reference`: of the one that others are compared with, a dotted line marks the mean.
        seeds: one row a run, with columns `variant`, `seed` and `accuracy`.
        teacher: its accuracy, drawn as a line.
        close: leaves teacher and baselines out, so that the variants fill the chart.
        axis: what the accuracies are called.
    """
    if close:
        teacher, variants = None, variants.assign(baseline=math.nan)
    place = {name: len(variants) - 1 - index for index, name in enumerate(variants["variant"])}
    rows = variants["variant"].map(place)
    traces: list[dict[str, Any]] = []
    reference = variants.loc[variants["reference"], "mean"].tolist() if len(variants) > 1 else []
    if reference:
        traces.append(_named_line("reference", "@muted", "dot"))
    if teacher is not None:
        traces.append(_named_line(f"teacher, {percent(teacher)}", "@teacher", "dash"))
    if variants["baseline"].notna().any():
        traces.append(_baselines(variants["baseline"], rows, variants["variant"], "x"))
    several = variants["half_width"].notna().any()
    if several:
        traces.append(_seeds(seeds, [place[name] - _BELOW for name in seeds["variant"]]))
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "mean, 95% interval" if several else "one seed",
            "x": plain(variants["mean"]),
            "y": rows.tolist(),
            "error_x": {"array": plain(variants["half_width"]), "color": "@student", "thickness": 1.8, "width": 5},
            "customdata": [
                [named(name), "" if math.isnan(half) else f" ± {100 * half:.1f}"]
                for name, half in zip(variants["variant"], variants["half_width"], strict=True)
            ],
            "marker": {"color": "@student", "size": 11},
            "hovertemplate": "%{customdata[0]}<br>%{x:.1%}%{customdata[1]}<extra></extra>",
        }
    )
    return {
        "data": traces,
        "layout": layout(
            x={
                "title": axis,
                "showgrid": True,
                "uirevision": f"close-{close}",
                **_accuracies(variants, seeds, teacher),
            },
            y={
                "tickvals": rows.tolist(),
                "ticktext": [named(name, LONGEST_NAME) for name in variants["variant"]],
                "tickfont": {"size": 12, "color": "@text"},
                "range": [-0.6, len(variants) - 0.4],
                "showgrid": False,
            },
            shapes=[
                *(_level("x", value, "@muted", "dot", 1) for value in reference),
                *(_level("x", value, "@teacher", "dash", 2) for value in ([] if teacher is None else [teacher])),
            ],
            hovermode="closest",
            **_LEGEND,
        ),
    }


def study_costs(
    variants: pd.DataFrame, *, cost: StudyCost, teacher: float | None = None, axis: str = TEST_ACCURACY
) -> Figure:
    """Mean accuracy against a cost; a line joins the variants that no other beats at the same cost or less.

    Args:
        variants: as for `study_variants`, with a column for the cost and `front`; variants without the cost are left
            out.
        cost: what the x axis shows, on a logarithmic scale.
        teacher: its accuracy, drawn as a line; what it costs is not shown.
        axis: what the accuracies are called.
    """
    title, hover, ticks = STUDY_COSTS[cost]
    known = variants[variants[cost].notna()].sort_values(cost)
    traces: list[dict[str, Any]] = []
    if teacher is not None:
        traces.append(_named_line(f"teacher, {percent(teacher)}", "@teacher", "dash"))
    with_baseline = known[known["baseline"].notna()]
    if len(with_baseline):
        traces.append(_baselines(with_baseline["baseline"], with_baseline[cost], with_baseline["variant"], "y"))
    for front, name in ((False, "beaten at this cost"), (True, "Pareto front")):
        rows = known[known["front"] == front]
        if rows.empty:
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text" if front else "markers",
                "name": name,
                "x": plain(rows[cost], 7),
                "y": plain(rows["mean"]),
                "error_y": {"array": plain(rows["half_width"]), "color": "@student/0.5", "thickness": 1.2, "width": 4},
                "text": [named(name, 20) for name in _brief(rows["variant"].tolist())] if front else None,
                # The line rises to the right, so both corners are free; in turn, for neighbours are near.
                "textposition": ["top left" if at % 2 else "bottom right" for at in range(len(rows), 0, -1)],
                "textfont": {"size": 12, "color": "@muted"},
                "customdata": [
                    [named(name), "" if math.isnan(half) else f" ± {100 * half:.1f}"]
                    for name, half in zip(rows["variant"], rows["half_width"], strict=True)
                ],
                "line": {"color": "@student/0.6", "width": 2},
                "marker": {
                    "color": "@student" if front else "@student/0.3",
                    "size": 11,
                    "line": {"width": 2, "color": "@student"},
                },
                "cliponaxis": False,
                "hovertemplate": "%{customdata[0]}<br>%{y:.1%}%{customdata[1]}, " + hover + "<extra></extra>",
            }
        )
    seeds = pd.DataFrame({"accuracy": known["mean"]})
    return {
        "data": traces,
        "layout": layout(
            x={"title": title, "type": "log", "showgrid": True, "dtick": "D2", **ticks, **_span(known[cost])},
            y={"title": axis, **_accuracies(known, seeds, teacher)},
            shapes=[_level("y", value, "@teacher", "dash", 2) for value in ([] if teacher is None else [teacher])],
            hovermode="closest",
            **_LEGEND,
        ),
    }


def study_grid(cells: pd.DataFrame) -> Figure:
    """Mean accuracy over temperature and alpha: the fuller the colour, the better; what validation chooses has a frame.

    Args:
        cells: one row a variant, with columns `temperature`, `alpha`, `mean`, `half_width`, `chosen` and `reference`.
    """
    across, up = sorted(cells["temperature"].unique()), sorted(cells["alpha"].unique())
    low, high = float(cells["mean"].min()), float(cells["mean"].max())
    shapes, frames, words = [], [], []
    for cell in cells.to_dict("records"):
        x, y, mean, half = across.index(cell["temperature"]), up.index(cell["alpha"]), cell["mean"], cell["half_width"]
        known = not math.isnan(mean)
        depth = (mean - low) / (high - low) if known and high > low else 0.5
        shapes.append(_cell(x, y, f"@student/{_FAINT + (_FULL - _FAINT) * depth:.2f}" if known else "@muted/0.06"))
        text = percent(mean) if known else "–"
        note = f"± {100 * half:.1f}" if known and not math.isnan(half) else ""
        words.append(_words(x, y, f"<b>{text}</b>" if cell["chosen"] else text, 15, 9 if note else 0))
        words += [_words(x, y, note, 11, -10)] if note else []
        if cell["chosen"] or cell["reference"]:
            frames.append(_frame(x, y, 2.5, "solid") if cell["chosen"] else _frame(x, y, 1.5, "dot"))
    fixed = {"showgrid": False, "fixedrange": True, "tickfont": {"size": 13, "color": "@text"}}
    return {
        "data": [{"type": "scatter", "x": [None], "y": [None], "showlegend": False, "hoverinfo": "skip"}],
        "layout": layout(
            x={"title": "temperature", **_ticks(across), **fixed},
            y={"title": "alpha, the weight of the teacher", **_ticks(up), **fixed},
            shapes=[*shapes, *frames],
            annotations=words,
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    }


def _brief(names: list[str]) -> list[str]:
    """Without a first word that all have: ``student resnet8-w4`` -> ``resnet8-w4``."""
    first = {name.partition(" ")[0] for name in names}
    return [name.partition(" ")[2] for name in names] if len(first) == 1 and all(" " in n for n in names) else names


def _named_line(name: str, colour: str, dash: str) -> dict[str, Any]:
    """What the legend says of a line that is drawn as a shape, over the whole chart."""
    line = {"color": colour, "dash": dash, "width": 2}
    return {"type": "scatter", "mode": "lines", "name": name, "x": [None], "y": [None], "line": line}


def _seeds(seeds: pd.DataFrame, heights: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "one seed",
        "x": plain(seeds["accuracy"]),
        "y": heights,
        "customdata": [[named(name), seed] for name, seed in zip(seeds["variant"], seeds["seed"], strict=True)],
        "marker": {"color": "@student/0.45", "size": 7},
        "hovertemplate": "%{customdata[0]}<br>seed %{customdata[1]}: %{x:.1%}<extra></extra>",
    }


def _baselines(values: pd.Series[float], others: pd.Series[float], names: pd.Series[Any], axis: str) -> dict[str, Any]:
    """The students trained on labels alone; `axis` is the one that shows their accuracy."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "labels only",
        axis: plain(values),
        other: plain(others, 7),
        "customdata": [named(name) for name in names],
        "marker": {"color": "@baseline", "symbol": "circle-open", "size": 10, "line": {"width": 2}},
        "hovertemplate": f"%{{customdata}}, labels only<br>%{{{axis}:.1%}}<extra></extra>",
    }


def _level(axis: str, value: float, colour: str, dash: str, width: int) -> dict[str, Any]:
    """A line over the whole chart at a value of one axis."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        "layer": "below",
        f"{axis}ref": axis,
        f"{axis}0": value,
        f"{axis}1": value,
        f"{other}ref": "paper",
        f"{other}0": 0,
        f"{other}1": 1,
        "line": {"color": colour, "dash": dash, "width": width},
    }


def _accuracies(variants: pd.DataFrame, seeds: pd.DataFrame, teacher: float | None) -> dict[str, Any]:
    """An axis that holds every point, and of wide intervals half as much again on either side."""
    points = [*seeds["accuracy"], *variants["mean"], *variants["baseline"].dropna()]
    points += [] if teacher is None else [teacher]
    if not points:
        return {"tickformat": ".0%"}
    low, high = min(points), max(points)
    reach = max(high - low, 0.01)
    ends_low = (variants["mean"] - variants["half_width"]).dropna().tolist()
    ends_high = (variants["mean"] + variants["half_width"]).dropna().tolist()
    low = max(min([low, *ends_low]), low - reach / 2)
    high = min(max([high, *ends_high]), high + reach / 2)
    edge = max(0.06 * (high - low), (LEAST_REACH - (high - low)) / 2) + 0.001
    return {
        "tickformat": ".0%" if high - low > 0.05 else ".1%",
        "range": [max(low - edge, 0), min(high + edge, 1.005)],
    }


def _span(costs: pd.Series[float]) -> dict[str, Any]:
    """The ends of a logarithmic axis as powers of ten, with room for names on both sides, also on a narrow screen."""
    if costs.empty:
        return {}
    low, high = math.log10(float(costs.min())), math.log10(float(costs.max()))
    reach = max(high - low, 0.3)
    return {"range": [low - 0.35 * reach, high + 0.28 * reach]}


def _cell(x: int, y: int, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "layer": "below",
        "x0": x - 0.49,
        "x1": x + 0.49,
        "y0": y - 0.48,
        "y1": y + 0.48,
        "line": {"width": 0},
        "fillcolor": colour,
    }


def _frame(x: int, y: int, width: float, dash: str) -> dict[str, Any]:
    return {**_cell(x, y, "rgba(0,0,0,0)"), "layer": "above", "line": {"width": width, "color": "@text", "dash": dash}}


def _words(x: int, y: int, text: str, size: int, up: int) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "yshift": up, "showarrow": False, "font": {"size": size, "color": "@text"}}


def _ticks(values: list[float]) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(values))),
        "ticktext": [f"{value:g}" for value in values],
        "range": [-0.5, len(values) - 0.5],
    }
