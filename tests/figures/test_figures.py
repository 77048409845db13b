"""Figures from data frames: what they show, and that they stay calm and cheap."""

from __future__ import annotations

import json
import math
import re
import time
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from distill_core.events import PhaseSpan
from distill_core.figures import (
    PALETTES,
    accuracy_curves,
    loss_curves,
    result_bars,
    size_vs_accuracy,
)
from distill_core.figures.layout import calm_top, thinned

PHASES = (
    PhaseSpan("warm-up", 0, 200, "easiest"),
    PhaseSpan("distil", 200, 800, "all"),
    PhaseSpan("fine-tune", 800, 1000, "all"),
)


def losses(rows: int = 500) -> pd.DataFrame:
    step = np.arange(1, rows + 1) * 1000 / rows
    kd, ce = 3 * np.exp(-step / 250), 0.2 * np.exp(-step / 250)
    return pd.DataFrame({"step": step, "loss": kd + ce, "kd": kd, "ce": ce, "kd_raw": kd / 0.9, "ce_raw": ce / 0.1})


def epochs(offset: float = 0.0) -> pd.DataFrame:
    validation = [0.6 + offset, 0.7 + offset, 0.75 + offset]
    return pd.DataFrame({"epoch": [1.0, 2.0, 3.0], "validation": validation, "train": [0.6, 0.8, 0.9]})


def models() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "role": ["teacher", "student", "baseline"],
            "name": ["vgg8", "resnet8", "resnet8, labels only"],
            "accuracy": [0.92, 0.85, 0.74],
            "latency_ms": [1.2, 0.08, None],
            "parameters": [647_000, 19_810, 19_810],
            "megabytes": [2.6, 0.08, 0.08],
        }
    )


def every_figure() -> dict[str, dict[str, Any]]:
    return {
        "loss": loss_curves(losses(), PHASES, steps=1000, measured_at=200),
        "no loss yet": loss_curves(pd.DataFrame(columns=["step", "loss"]), (), steps=0),
        "accuracy": accuracy_curves(epochs(), epochs(-0.1), epochs=8, teacher=0.92),
        "no accuracy yet": accuracy_curves(epochs().head(0), None, epochs=0),
        "cost": size_vs_accuracy(models()),
        "parameters": size_vs_accuracy(models(), cost="parameters"),
        "bars": result_bars(models()),
    }


@pytest.mark.parametrize("name", list(every_figure()))
def test_plotly_accepts_every_figure_and_every_role_is_in_both_palettes(name: str) -> None:
    text = json.dumps(every_figure()[name])
    roles = set(re.findall(r'"@([^"/]+)(?:/[0-9.]+)?"', text))
    assert roles
    assert roles <= set(PALETTES["light"]) == set(PALETTES["dark"])
    go.Figure(json.loads(re.sub(r'"@[^"]+"', '"#123456"', text)))


def test_a_figure_is_json_even_where_the_loss_is_not_a_number() -> None:
    frame = losses()
    frame.loc[3, "kd"] = math.nan
    frame.loc[4, "loss"] = math.inf
    figure = loss_curves(frame, PHASES, steps=1000)
    assert figure["data"][1]["y"][3] is None
    assert figure["data"][0]["y"][4] is None
    json.dumps(figure, allow_nan=False)


def test_the_loss_shows_each_term_its_sum_and_the_raw_value_under_the_mouse() -> None:
    figure = loss_curves(losses(), PHASES, steps=1000)
    assert [trace["name"] for trace in figure["data"]] == ["total", "teacher's term", "labels' term"]
    assert figure["data"][1]["customdata"][0] == pytest.approx(losses()["kd_raw"][0], rel=1e-4)
    assert "customdata" not in figure["data"][0]


def test_a_loss_of_one_term_has_no_second_line_that_says_the_same() -> None:
    frame = losses()[["step", "loss", "ce", "ce_raw"]]
    assert [trace["name"] for trace in loss_curves(frame, PHASES, steps=1000)["data"]] == ["labels' term"]


def test_phases_are_shaded_named_and_the_measurement_is_marked() -> None:
    layout = loss_curves(losses(), PHASES, steps=1000, measured_at=200)["layout"]
    bands = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert [(band["x0"], band["x1"]) for band in bands] == [(0, 200), (200, 800), (800, 1000)]
    assert [note["text"] for note in layout["annotations"]] == ["warm-up", "distil", "fine-tune", "latency measured"]


def test_a_phase_of_no_length_is_not_drawn() -> None:
    phases = (PhaseSpan("warm-up", 0, 0, "easiest"), PhaseSpan("distil", 0, 1000, "all"))
    layout = loss_curves(losses(), phases, steps=1000)["layout"]
    assert len(layout["shapes"]) == 1
    assert [note["text"] for note in layout["annotations"]] == ["distil"]


def test_the_axes_do_not_move_with_every_point() -> None:
    first = loss_curves(losses().head(300), PHASES, steps=1000)["layout"]
    second = loss_curves(losses().head(301), PHASES, steps=1000)["layout"]
    assert first["xaxis"]["range"] == second["xaxis"]["range"] == [0, 1000]
    assert first["yaxis"]["range"] == second["yaxis"]["range"]
    assert first["uirevision"] == second["uirevision"]


def test_one_early_spike_does_not_flatten_the_rest() -> None:
    values = np.full(200, 1.0)
    values[0] = 500.0
    top = calm_top(values)
    assert top is not None
    assert 1 < top < 5


def test_a_long_run_is_shown_whole_and_with_few_points() -> None:
    frame = thinned(losses(5000))
    assert len(frame) == 1000
    assert frame["step"].iloc[0] < 2
    assert frame["step"].iloc[-1] > 999
    assert frame["kd"].max() <= losses(5000)["kd"].max()


def test_thinning_keeps_a_gap_a_gap() -> None:
    frame = losses(5000)
    frame.loc[10, "kd"] = math.nan
    assert thinned(frame)["kd"].isna().sum() == 1


def test_the_teacher_is_a_level_line_and_named_with_its_accuracy() -> None:
    layout = accuracy_curves(epochs(), None, epochs=8, teacher=0.925)["layout"]
    assert layout["shapes"][0]["y0"] == layout["shapes"][0]["y1"] == 0.925
    assert layout["annotations"][0]["text"] == "teacher 92.5%"
    assert layout["yaxis"]["range"][1] > 0.925


def test_the_accuracy_axis_holds_everything_that_is_drawn() -> None:
    low, high = accuracy_curves(epochs(), epochs(-0.25), epochs=8, teacher=0.99)["layout"]["yaxis"]["range"]
    assert low <= 0.35
    assert high >= 0.99


def test_before_the_first_epoch_the_chart_says_what_it_waits_for() -> None:
    figure = accuracy_curves(epochs().head(0), epochs().head(0), epochs=8)
    assert "first epoch" in figure["layout"]["annotations"][0]["text"]


def test_a_model_whose_cost_is_not_known_is_left_out() -> None:
    assert [trace["name"] for trace in size_vs_accuracy(models())["data"]] == ["teacher", "student"]
    assert len(size_vs_accuracy(models(), cost="megabytes")["data"]) == 3


def test_teacher_student_and_baseline_keep_their_colours_in_every_figure() -> None:
    accuracy = {t["name"]: t["line"]["color"] for t in accuracy_curves(epochs(), epochs(), epochs=8)["data"]}
    cost = {t["name"]: t["marker"]["color"] for t in size_vs_accuracy(models(), cost="parameters")["data"]}
    assert accuracy["student, validation"] == cost["student"] == "@student"
    assert accuracy["labels only (baseline)"] == cost["baseline"] == "@baseline"
    assert result_bars(models())["data"][0]["marker"]["color"] == ["@baseline", "@student", "@teacher"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("role", ["teacher", "student", "baseline", "muted", "text"])
def test_each_colour_stands_out_from_its_background(theme: Any, role: str) -> None:
    palette = PALETTES[theme]
    least = 4.5 if role in ("muted", "text") else 3.0
    assert contrast(palette[role], palette["background"]) >= least


def test_the_live_figures_cost_under_five_milliseconds() -> None:
    frame, student = losses(), epochs()
    seconds = []
    for _ in range(20):
        begin = time.process_time()
        loss_curves(frame, PHASES, steps=1000, measured_at=200)
        accuracy_curves(student, student, epochs=8, teacher=0.9)
        seconds.append(time.process_time() - begin)
    assert sorted(seconds)[5] < 0.005


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(hexadecimal: str) -> float:
    channels = [int(hexadecimal[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
