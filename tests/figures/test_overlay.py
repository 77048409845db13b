"""Several runs in one picture."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from distill_core.figures.overlay import MOST_RUNS, Axis, overlaid, parallel

CURVE = pd.DataFrame({"epoch": [1.0, 2.0, 3.0], "validation": [0.61, 0.72, 0.78]})


def test_every_run_has_a_line_of_its_own_look() -> None:
    figure = overlaid([(f"run {number}", CURVE) for number in range(MOST_RUNS)], axis="accuracy")
    looks = {(trace["line"]["color"], trace["line"]["dash"]) for trace in figure["data"]}
    assert len(figure["data"]) == len(looks) == MOST_RUNS
    assert json.loads(json.dumps(figure)) == figure


def test_no_student_wears_the_teachers_or_the_baselines_colour() -> None:
    figure = overlaid([(f"run {number}", CURVE) for number in range(MOST_RUNS)], axis="accuracy")
    assert not {"@teacher", "@baseline"} & {trace["line"]["color"] for trace in figure["data"]}


def test_the_axis_holds_all_curves_and_the_teacher_whose_line_is_named() -> None:
    layout = overlaid([("a", CURVE)], teacher=0.936, axis="accuracy")["layout"]
    low, high = layout["yaxis"]["range"]
    assert low <= 0.61
    assert high >= 0.936
    assert layout["annotations"][0]["text"] == "teacher 93.6%"
    assert not overlaid([("a", CURVE)], axis="accuracy")["layout"]["annotations"]


def test_a_run_without_an_epoch_yet_is_no_error() -> None:
    figure = overlaid([("a", CURVE.iloc[:0])], axis="accuracy")
    assert figure["layout"]["yaxis"]["range"] == [0, 1]


RESULT = "test accuracy, %"


def test_parallel_axes_hold_numbers_and_names_and_the_last_one_colours_the_lines() -> None:
    axes = [Axis("T", [1.0, 4.0], "~g"), Axis("Student", ["small", "large"]), Axis(RESULT, [80.0, 85.0], ".1f")]
    (trace,) = parallel(axes)["data"]
    temperature, student, accuracy = trace["dimensions"]
    assert temperature["tickvals"] == [1, 4]
    assert (student["values"], student["ticktext"]) == ([0, 1], ["small", "large"])
    assert accuracy["label"] == RESULT
    assert trace["line"]["color"] == [80.0, 85.0]


def test_a_run_without_one_of_the_values_has_no_line() -> None:
    (trace,) = parallel([Axis("T", [1.0, 4.0, None], "~g"), Axis(RESULT, [80.0, 85.0, 70.0], ".1f")])["data"]
    assert trace["line"]["color"] == [80.0, 85.0]


def test_runs_that_are_equally_accurate_still_have_a_scale_of_colours() -> None:
    (trace,) = parallel([Axis("T", [1.0, 4.0], "~g"), Axis(RESULT, [80.0, 80.0], ".1f")])["data"]
    assert trace["line"]["cmax"] - trace["line"]["cmin"] == pytest.approx(1)


def test_a_name_cannot_be_markup_in_a_legend() -> None:
    (trace,) = overlaid([("<b>x</b>", CURVE)], axis="accuracy")["data"]
    assert trace["name"] == "&lt;b&gt;x&lt;/b&gt;"
