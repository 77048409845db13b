"""The pictures of the Learn page: what they show, and that Plotly takes them."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from distill_core.events import PhaseSpan
from distill_core.figures import PALETTES
from distill_core.figures.lesson.class_map import class_map, difference_map
from distill_core.figures.lesson.gains import gains
from distill_core.figures.lesson.layer_pairs import layer_pairs
from distill_core.figures.lesson.phase_curves import phase_curves
from distill_core.figures.lesson.pull_bars import pull_bars
from distill_core.figures.lesson.pull_by_temperature import pull_by_temperature
from distill_core.figures.lesson.right_answers import right_answers
from distill_core.figures.lesson.soft_targets import soft_targets

REST = np.array([[np.nan, 0.2], [0.01, np.nan]])
CURVE = pd.DataFrame({"epoch": [1.0, 2.0], "validation": [0.7, 0.8]})
BARS = pd.DataFrame({"name": ["Bag", "Coat"], "share": [0.9999, 0.0001], "is_label": [False, True]})
PULLS = pd.DataFrame({"moment": ["start", "end"], "teacher": [3.0, 0.0], "labels": [1.0, 0.0]})
BY_TEMPERATURE = pd.DataFrame({"temperature": [1.0, 4.0], "with_square": [0.6, 0.7], "without": [0.6, 0.1]})
PHASES = [PhaseSpan("warm-up", 0, 20, "easiest"), PhaseSpan("distil", 20, 100, "all")]
GAINS = pd.DataFrame(
    {"method": ["KD", "<AT>"], "mean_few": [6.0, 8.0], "half_few": [3.5, 1], "mean_all": [2.0, 4], "half_all": [2.1, 1]}
)
RIGHT = pd.DataFrame(
    {
        "skill": ["sums", "sums", "words"],
        "method": ["labels alone", "soft targets", "soft targets"],
        "role": ["baseline", "student", "student"],
        "mean": [0.1, 0.8, 0.5],
        "half": [0.05, 0.7, 0.1],
        "seeds": [[0.1, 0.1], [0.6, 1.0], [0.5, 0.5]],
        "teacher": [1.0, 1.0, 0.9],
    }
)


def layers() -> Any:
    student, teacher = {"stage1": "16 × 28", "stage2": "32 × 14"}, {"a": "48 × 28", "b": "9 × 9"}
    return layer_pairs(student, teacher, [("stage1", "a", "why")], {"stage1": "a"})


FIGURES: dict[str, Any] = {
    "soft targets": lambda: soft_targets(BARS),
    "class map": lambda: class_map(REST, ["a", "b"], top=0.2, role="teacher"),
    "difference": lambda: difference_map(REST, ["a", "b"], top=0.2),
    "pull": lambda: pull_bars(PULLS),
    "pull by temperature": lambda: pull_by_temperature(BY_TEMPERATURE, 4.0),
    "layers": layers,
    "phases": lambda: phase_curves(CURVE, CURVE, epochs=2, teacher=0.9, phases=PHASES, steps_per_epoch=50),
    "right answers": lambda: right_answers(RIGHT),
    "gains": lambda: gains(GAINS, few="400 labels", every="all"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_takes_it_and_its_colours_have_a_role(name: str) -> None:
    text = json.dumps(FIGURES[name](), allow_nan=False)
    for role in re.findall(r'"@([a-z]+)', text):
        assert role in PALETTES["light"]
    coloured = re.sub(r'"@[a-z]+(/[.\d]+)?"', '"#123456"', text)
    coloured = re.sub(r'\["(0|0\.5|1)", ', r"[\1, ", coloured)
    go.Figure(json.loads(coloured))


def test_the_likeliest_class_is_on_top_and_the_label_is_bold() -> None:
    figure = soft_targets(BARS)
    (bars,) = figure["data"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Bag", "<b>Coat</b>"]
    assert figure["layout"]["yaxis"]["range"] == [1.5, -0.5], "the first is drawn on top"
    assert bars["text"] == [" 100.0% ", " <0.1% "]


def test_cells_of_a_map_hold_their_per_cents_and_the_diagonal_is_empty() -> None:
    (cells,) = class_map(REST, ["a", "b"], top=0.2, role="student")["data"]
    assert cells["z"] == [[None, 0.2], [0.01, None]]
    assert cells["text"] == [["", "20"], ["", ""]]
    (apart,) = difference_map(-REST, ["a", "b"], top=0.2)["data"]
    assert apart["text"][0][1] == "−20"
    assert (apart["zmin"], apart["zmax"]) == (-0.2, 0.2)


def test_bars_of_a_pull_share_the_whole_and_stay_empty_where_nothing_pulls() -> None:
    teacher, labels = pull_bars(PULLS)["data"]
    assert teacher["y"] == ["end", "start"], "Plotly draws from below"
    assert (teacher["x"], labels["x"]) == ([0.0, 0.75], [0.0, 0.25])
    assert teacher["text"] == ["", "75%"]


def test_both_lines_of_the_pull_stand_over_every_temperature_and_the_chosen_one_is_marked() -> None:
    figure = pull_by_temperature(BY_TEMPERATURE, 4.0)
    assert [(trace["name"], trace["x"], trace["y"]) for trace in figure["data"]] == [
        ("with T²", ["1", "4"], [0.6, 0.7]),
        ("without T²", ["1", "4"], [0.6, 0.1]),
    ]
    assert figure["layout"]["shapes"][0]["x0"] == 1


def test_the_axis_of_a_pull_shows_its_end() -> None:
    axis = pull_bars(PULLS)["layout"]["xaxis"]
    assert axis["range"][0] == 0
    assert 1 < axis["range"][1] < 1.01


def test_right_answers_stand_below_their_skill_with_intervals_that_stay_shares() -> None:
    figure = right_answers(RIGHT)
    means = [trace for trace in figure["data"] if "error_x" in trace]
    assert [trace["marker"]["color"] for trace in means] == ["@baseline", "@student"]
    student = means[1]
    assert student["error_x"]["array"] == pytest.approx([0.2, 0.1])
    assert student["error_x"]["arrayminus"] == pytest.approx([0.7, 0.1])
    heights = figure["layout"]["yaxis"]["tickvals"]
    assert heights == sorted(heights, reverse=True)
    assert heights[1] - heights[2] > heights[0] - heights[1], "skills stand apart"
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    assert titles == ["<b>Sums</b>, the teacher 100%", "<b>Words</b>, the teacher 90%"]
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [1.0, 0.9]


def test_only_paired_layers_are_joined_and_framed() -> None:
    figure = layers()
    lines = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "line"]
    framed = [shape for shape in figure["layout"]["shapes"] if shape["line"]["width"] == 2 and shape["type"] == "rect"]
    assert len(lines) == 1
    assert {shape["line"]["color"] for shape in framed} == {"@student", "@teacher"}
    heights = {note["text"]: note["y"] for note in figure["layout"]["annotations"]}
    assert heights["<b>stage1</b><br>16 × 28"] > heights["<b>stage2</b><br>32 × 14"]
    assert lines[0]["y0"] == lines[0]["y1"] == heights["<b>stage1</b><br>16 × 28"] == heights["<b>a</b><br>48 × 28"]


def test_phases_are_bands_with_names_behind_the_curves() -> None:
    figure = FIGURES["phases"]()
    bands = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert [(band["x0"], band["x1"]) for band in bands] == [(0, 0.4), (0.4, 2)]
    assert {"warm-up", "distil"} <= {note["text"] for note in figure["layout"]["annotations"]}


def test_gains_stand_in_the_order_given_with_zero_marked() -> None:
    figure = gains(GAINS, few="400 labels", every="all")
    assert figure["layout"]["yaxis"]["ticktext"] == ["KD", "&lt;AT&gt;"]
    assert figure["layout"]["yaxis"]["tickvals"] == [1, 0]
    assert figure["data"][0]["error_x"]["array"] == [3.5, 1.0]
    assert figure["layout"]["shapes"][0]["x0"] == 0
