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
from distill_core.figures.layout import calm_decades, calm_top, plain, thinned
from distill_core.figures.rate import rate_curve
from distill_core.figures.steps import Steps
from distill_core.insight.marks import Mark
from distill_core.insight.measures import MEASURES
from distill_core.losses.registry import LOSSES

PHASES = (
    PhaseSpan("warm-up", 0, 200, "easiest"),
    PhaseSpan("distil", 200, 800, "all"),
    PhaseSpan("fine-tune", 800, 1000, "all"),
)


def losses(rows: int = 500) -> pd.DataFrame:
    step = np.arange(1, rows + 1) * 1000 / rows
    kd, ce = 3 * np.exp(-step / 250), 0.2 * np.exp(-step / 250)
    return pd.DataFrame({"step": step, "loss": kd + ce, "kd": kd, "ce": ce, "kd_raw": kd / 0.9, "ce_raw": ce / 0.1})


def many_terms() -> pd.DataFrame:
    """Soft labels, labels and four terms more, of which one begins in the second half; gradients logged."""
    frame = losses()
    for number, term in enumerate(("at", "hint", "rkd", "dkd")):
        frame[term] = frame["kd"] * (number + 1)
        frame[f"{term}_raw"] = frame[term] / 1000
    frame.loc[: len(frame) // 2, ["dkd", "dkd_raw"]] = math.nan
    for term in ("kd", "ce", "at", "hint", "rkd", "dkd"):
        frame[f"{term}_gradient"] = frame[term]
    return frame.assign(loss=frame[["kd", "ce", "at", "hint", "rkd", "dkd"]].sum(axis=1))


def epochs(offset: float = 0.0) -> pd.DataFrame:
    validation = [0.6 + offset, 0.7 + offset, 0.75 + offset]
    return pd.DataFrame({"epoch": [1.0, 2.0, 3.0], "validation": validation, "train": [0.6, 0.8, 0.9]})


def lines(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """The traces that the legend names."""
    return [trace for trace in figure["data"] if trace.get("showlegend", True)]


def models() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "role": ["teacher", "student", "baseline"],
            "name": ["vgg8", "resnet8", "resnet8, labels only"],
            "short": ["vgg8", "a1b2", ""],
            "accuracy": [0.92, 0.85, 0.74],
            "latency_ms": [1.2, 0.08, None],
            "parameters": [647_000, 19_810, 19_810],
            "megabytes": [2.6, 0.08, 0.08],
        }
    )


def every_figure() -> dict[str, dict[str, Any]]:
    return {
        "loss": loss_curves(losses(), Steps(PHASES, 1000, 200)),
        "many terms": loss_curves(many_terms(), Steps(PHASES, 1000), logarithmic=True),
        "raw terms": loss_curves(many_terms(), Steps(PHASES, 1000), show="raw"),
        "gradients": loss_curves(many_terms(), Steps(PHASES, 1000), show="share"),
        "no gradients": loss_curves(losses(), Steps(PHASES, 1000), show="share"),
        "baseline": loss_curves(losses()[["step", "loss", "ce", "ce_raw"]], Steps(PHASES, 1000), of_baseline=True),
        "rate": rate_curve(losses().assign(learning_rate=0.1), Steps(PHASES, 1000)),
        "no rate yet": rate_curve(pd.DataFrame(columns=["step", "loss"]), Steps((), 0)),
        "no loss yet": loss_curves(pd.DataFrame(columns=["step", "loss"]), Steps((), 0)),
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
    figure = loss_curves(frame, Steps(PHASES, 1000))
    total, soft, _ = lines(figure)
    assert soft["y"][3] is None
    assert total["y"][4] is None
    assert None not in (soft["y"][4], total["y"][5])
    json.dumps(figure, allow_nan=False)


def test_the_loss_shows_each_term_its_sum_and_the_raw_value_under_the_mouse() -> None:
    traces = lines(loss_curves(losses(), Steps(PHASES, 1000)))
    assert [trace["name"] for trace in traces] == ["total", "Soft labels", "Labels"]
    assert traces[1]["customdata"][0] == pytest.approx(losses()["kd_raw"][0], rel=1e-4)
    assert "customdata" not in traces[0]


def test_lines_are_means_of_what_lies_faint_behind_them_and_a_point_once_drawn_stays() -> None:
    noisy = losses().assign(ce=np.where(np.arange(500) % 2, 0.0, 0.2))
    figure = loss_curves(noisy, Steps(PHASES, 1000))
    faint = [trace for trace in figure["data"] if not trace.get("showlegend", True)]
    assert faint[1]["y"] == pytest.approx(noisy["ce"].tolist())
    drawn = lines(figure)[2]["y"]
    assert drawn[100:] == pytest.approx([0.1] * 400, abs=0.01)
    earlier = lines(loss_curves(noisy.head(300), Steps(PHASES, 1000)))[2]["y"]
    assert earlier == drawn[:300]


def test_a_loss_of_one_term_has_no_second_line_that_says_the_same() -> None:
    frame = losses()[["step", "loss", "ce", "ce_raw"]]
    assert [trace["name"] for trace in lines(loss_curves(frame, Steps(PHASES, 1000)))] == ["Labels"]


def test_each_of_many_terms_has_a_line_that_no_other_looks_like() -> None:
    traces = lines(loss_curves(many_terms(), Steps(PHASES, 1000)))
    assert [t["name"] for t in traces] == [
        "total",
        "Soft labels",
        "Labels",
        "Attention transfer",
        "FitNets",
        "RKD",
        "DKD",
    ]
    assert len({(t["line"]["color"], t["line"].get("dash")) for t in traces}) == len(traces)
    assert traces[-1]["y"][0] is None
    assert traces[-1]["y"][-1] is not None


def test_even_every_loss_there_is_at_once_can_be_told_apart() -> None:
    frame = losses().assign(**dict.fromkeys(LOSSES, 1.0))
    traces = lines(loss_curves(frame, Steps(PHASES, 1000)))
    assert len(traces) == 1 + len(LOSSES)
    assert len({(t["line"]["color"], t["line"].get("dash")) for t in traces}) == len(traces)


def test_orange_is_the_baselines_alone() -> None:
    assert "@baseline" not in json.dumps(loss_curves(many_terms(), Steps(PHASES, 1000)))
    frame = losses()[["step", "loss", "ce", "ce_raw"]]
    (line,) = lines(loss_curves(frame, Steps((), 1000), of_baseline=True))
    assert (line["line"]["color"], line["name"]) == ("@baseline", "baseline: labels")


def test_before_their_weights_terms_have_no_total() -> None:
    figure = loss_curves(losses(), Steps(PHASES, 1000), show="raw")
    assert [trace["name"] for trace in lines(figure)] == ["Soft labels", "Labels"]
    assert lines(figure)[0]["y"][0] == pytest.approx(losses()["kd_raw"][0], rel=1e-4)


def test_shares_of_the_gradient_fill_the_chart_at_every_step_that_logged_them() -> None:
    frame = many_terms()
    frame.loc[::2, [name for name in frame if name.endswith("_gradient")]] = math.nan
    traces = loss_curves(frame, Steps(PHASES, 1000), show="share", logarithmic=True)["data"]
    assert {len(trace["x"]) for trace in traces} == {250}
    for column in (0, -1):
        assert sum(trace["y"][column] for trace in traces) == pytest.approx(1, abs=1e-3)
    assert traces[-1]["y"][0] == 0


def test_a_logarithmic_axis_holds_the_smallest_term_and_leaves_out_what_is_zero() -> None:
    frame = losses()
    frame.loc[5, "ce"] = 0.0
    figure = loss_curves(frame, Steps(PHASES, 1000), logarithmic=True)
    low, high = figure["layout"]["yaxis"]["range"]
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert 10**low <= frame["ce"][frame["ce"] > 0].min()
    assert 10**high >= frame["loss"].max()
    assert figure["data"][1]["y"][5] is None
    assert lines(figure)[2]["y"][5] > 0


def test_another_view_forgets_the_zoom_of_the_loss_and_the_same_view_keeps_it() -> None:
    def zoom(**view: Any) -> str:
        return str(loss_curves(losses(), Steps(PHASES, 1000), **view)["layout"]["yaxis"]["uirevision"])

    assert zoom() == zoom()
    assert len({zoom(), zoom(show="raw"), zoom(logarithmic=True)}) == 3


def test_decades_are_calm_and_never_too_many() -> None:
    assert calm_decades(np.array([0.02, 3.0])) == calm_decades(np.array([0.021, 2.9])) == (-2.0, 1.0)
    assert calm_decades(np.array([1e-9, 1.0])) == (-5.5, 0.5)
    assert calm_decades(np.array([0.0, math.nan])) == (-1.0, 1.0)


def test_phases_are_shaded_named_and_the_measurement_is_marked() -> None:
    layout = loss_curves(losses(), Steps(PHASES, 1000, 200))["layout"]
    bands = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert [(band["x0"], band["x1"]) for band in bands] == [(0, 200), (200, 800), (800, 1000)]
    assert [note["text"] for note in layout["annotations"]] == ["warm-up", "distil", "fine-tune", "latency measured"]


def test_what_happened_is_marked_at_the_foot_and_moves_neither_axes_nor_lines() -> None:
    marks = [Mark("paused", 100, "paused"), Mark("warned", 200, "warned: <b>%")]
    plain_one, marked = (loss_curves(losses(), Steps(PHASES, 1000, marks=each)) for each in ((), marks))
    assert marked["data"][:-1] == plain_one["data"]
    assert marked["layout"] == plain_one["layout"]
    signs = marked["data"][-1]
    assert (signs["x"], signs["text"], signs["yaxis"]) == ([100, 200], ["paused", "warned: &lt;b&gt;%"], "y9")
    together = loss_curves(losses(), Steps(PHASES, 1000, marks=[Mark("measured", 200, "measured"), *marks[1:]]))
    assert signs["y"][0] == signs["y"][1] == together["data"][-1]["y"][0] < together["data"][-1]["y"][1]
    assert together["data"][-1]["text"] == ["measured; warned: &lt;b&gt;%"] * 2
    by_epoch = accuracy_curves(epochs(), epochs=8, marks=marks, steps_per_epoch=50)
    assert by_epoch["data"][-1]["x"] == [2, 4]


def test_a_phase_of_no_length_is_not_drawn() -> None:
    phases = (PhaseSpan("warm-up", 0, 0, "easiest"), PhaseSpan("distil", 0, 1000, "all"))
    layout = loss_curves(losses(), Steps(phases, 1000))["layout"]
    assert len(layout["shapes"]) == 1
    assert [note["text"] for note in layout["annotations"]] == ["distil"]


def test_the_axes_do_not_move_with_every_point() -> None:
    first = loss_curves(losses().head(300), Steps(PHASES, 1000))["layout"]
    second = loss_curves(losses().head(301), Steps(PHASES, 1000))["layout"]
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
    assert layout["annotations"][0]["text"] == "teacher, validation 92.5%"
    assert layout["yaxis"]["range"][1] > 0.925


def test_the_accuracy_axis_holds_everything_that_is_drawn() -> None:
    low, high = accuracy_curves(epochs(), epochs(-0.25), epochs=8, teacher=0.99)["layout"]["yaxis"]["range"]
    assert low <= 0.35
    assert high >= 0.99


def test_perplexity_has_a_logarithmic_axis_that_holds_everything_and_names_the_teachers() -> None:
    frame = pd.DataFrame({"epoch": [1.0, 2.0], "validation": [31.0, 7.2], "train": [math.nan] * 2})
    figure = accuracy_curves(frame, None, epochs=2, teacher=3.61, measure=MEASURES["perplexity"])
    axis = figure["layout"]["yaxis"]
    assert axis["type"] == "log"
    assert axis["range"] == [0.5, 1.75]  # 3.16 to 56.2: quarters of a power of ten
    assert figure["layout"]["annotations"][0]["text"] == "teacher, validation 3.61"
    assert figure["layout"]["annotations"][0]["y"] == pytest.approx(math.log10(3.61))
    assert figure["layout"]["shapes"][0]["y0"] == 3.61
    assert figure["data"][-1]["hovertemplate"] == "%{y:.3g}"


def test_before_the_first_epoch_the_chart_says_what_it_waits_for() -> None:
    figure = accuracy_curves(epochs().head(0), epochs().head(0), epochs=8)
    assert "first epoch" in figure["layout"]["annotations"][0]["text"]


def test_the_axis_of_few_epochs_has_whole_ones_only() -> None:
    assert accuracy_curves(epochs(), None, epochs=2)["layout"]["xaxis"]["dtick"] == 1
    assert "dtick" not in accuracy_curves(epochs(), None, epochs=50)["layout"]["xaxis"]


def test_a_single_point_is_seen_and_few_steps_are_whole() -> None:
    one = loss_curves(losses(1), Steps((), 1))
    assert {trace["mode"] for trace in one["data"] if trace.get("name") in ("Soft labels", "Labels")} == {
        "lines+markers"
    }
    assert one["layout"]["xaxis"]["dtick"] == 1
    assert "dtick" not in loss_curves(losses(), Steps(PHASES, 1000))["layout"]["xaxis"]
    curves = accuracy_curves(epochs().head(1), None, epochs=1)["data"]
    assert {trace["mode"] for trace in curves} == {"lines+markers"}


def test_what_an_empty_chart_says_is_the_callers() -> None:
    figure = loss_curves(pd.DataFrame(columns=["step", "loss"]), Steps((), 0), empty="It never began")
    assert figure["layout"]["annotations"][0]["text"] == "It never began"
    figure = accuracy_curves(epochs().head(0), None, epochs=0, empty="It never began")
    assert figure["layout"]["annotations"][0]["text"] == "It never began"


def test_points_on_top_of_each_other_share_one_label_and_others_have_their_own() -> None:
    students = pd.DataFrame(
        {
            "role": "student",
            "name": ["one", "two", "three", "four", "five", "far"],
            "short": ["1", "2", "3", "4", "5", "6"],
            "accuracy": [0.85, 0.851, 0.85, 0.849, 0.85, 0.7],
            "latency_ms": [0.08, 0.08, 0.081, 0.08, 0.08, 0.08],
        }
    )
    beaten, front = size_vs_accuracy(students)["data"]
    assert front["customdata"] == ["two"], "no other is as accurate at its cost"
    assert beaten["customdata"] == ["one", "three", "four", "five", "far"]
    assert front["text"] == [""]
    assert beaten["text"] == [" 1, 2, 3 and 2 more ", "", "", "", " 6 "]


def test_a_line_joins_the_students_that_no_other_beats_at_their_cost_and_the_others_stay() -> None:
    students = pd.DataFrame(
        {
            "role": "student",
            "name": ["small", "<b>large</b>", "wasteful"],
            "short": ["s", "l", "w"],
            "accuracy": [0.8, 0.9, 0.79],
            "parameters": [1000, 9000, 5000],
        }
    )
    beaten, front = size_vs_accuracy(students, cost="parameters")["data"]
    assert front["mode"].startswith("lines")
    assert front["customdata"] == ["small", "&lt;b&gt;large&lt;/b&gt;"]
    assert beaten["customdata"] == ["wasteful"]
    assert front["marker"]["color"] != beaten["marker"]["color"]


@pytest.mark.parametrize("costs", [[0.08], [0.079, 0.081], [0.04, 1.2], [0.11, 0.12]])
def test_a_round_number_lies_on_the_cost_axis_however_little_costs_differ(costs: list[float]) -> None:
    frame = pd.DataFrame(
        {"role": "student", "name": "s", "short": "s", "accuracy": 0.8, "latency_ms": costs}, index=range(len(costs))
    )
    axis = size_vs_accuracy(frame)["layout"]["xaxis"]
    low, high = (10**end for end in axis["range"])
    assert axis["dtick"] == "D2"
    assert any(low < digit * 10**power < high for digit in (1, 2, 5) for power in range(-3, 2))
    assert low < min(costs)
    assert high > max(costs)


def test_the_label_of_the_dearest_model_does_not_leave_the_chart() -> None:
    teacher, student = size_vs_accuracy(models())["data"]
    assert teacher["textposition"] == ["middle left"]
    assert student["textposition"] == ["middle right"]


def test_a_model_whose_cost_is_not_known_is_left_out() -> None:
    assert [trace["name"] for trace in size_vs_accuracy(models())["data"]] == ["teacher", "student"]
    assert len(size_vs_accuracy(models(), cost="megabytes")["data"]) == 3


def test_teacher_student_and_baseline_keep_their_colours_in_every_figure() -> None:
    accuracy = {t["name"]: t["line"]["color"] for t in accuracy_curves(epochs(), epochs(), epochs=8)["data"]}
    cost = {t["name"]: t["marker"]["color"] for t in size_vs_accuracy(models(), cost="parameters")["data"]}
    assert accuracy["student, validation"] == cost["student"] == "@student"
    assert accuracy["baseline, validation"] == cost["baseline"] == "@baseline"
    assert result_bars(models())["data"][0]["marker"]["color"] == ["@teacher", "@student", "@baseline"]


def test_a_short_bar_has_its_figure_beside_it() -> None:
    frame = pd.DataFrame({"role": ["student", "baseline"], "name": ["a", "b"], "accuracy": [0.95, 0.18]})
    assert result_bars(frame)["data"][0]["textposition"] == ["inside", "outside"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "role", ["teacher", "student", "baseline", "muted", "text", "labels", "rose", "olive", "brown", "red"]
)
def test_each_colour_stands_out_from_its_background(theme: Any, role: str) -> None:
    palette = PALETTES[theme]
    least = 4.5 if role in ("muted", "text") else 3.0
    assert contrast(palette[role], palette["background"]) >= least


def test_rounded_numbers_are_those_that_text_would_give() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate(
        [random.normal(size=5000) * 10.0 ** random.integers(-15, 15, 5000), [0, -0.1, 0.3, 99999.5]]
    )
    assert plain(pd.Series(values)) == [float(f"{value:.5g}") for value in values]
    assert plain(pd.Series([0.1, math.nan, math.inf, -math.inf, 5e-324, 1e308]))[:4] == [0.1, None, None, None]


def test_the_live_figures_cost_under_five_milliseconds() -> None:
    frame, student = losses(), epochs()
    seconds = []
    for _ in range(20):
        begin = time.process_time()
        loss_curves(frame, Steps(PHASES, 1000, 200))
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


def test_the_axis_of_the_learning_rate_holds_all_of_it() -> None:
    rates = losses().assign(learning_rate=0.1)
    rates.loc[10:14, "learning_rate"] = 1.0
    figure = rate_curve(rates, Steps(PHASES, 1000))
    assert figure["layout"]["yaxis"]["range"][1] >= 1.0
