"""The pictures of a teacher's report and of latency."""

from __future__ import annotations

import json
import math
import re

import pandas as pd
import plotly.graph_objects as go

from distill_core.figures.latency import latency_dots
from distill_core.figures.report import class_bars, confusion_map, reliability_diagram


def test_the_first_class_is_drawn_at_the_top() -> None:
    figure = class_bars(pd.DataFrame({"name": ["shirt", "bag"], "recall": [0.7, 0.99]}))
    (bars,) = figure["data"]
    assert bars["x"] == [0.7, 0.99]
    assert figure["layout"]["yaxis"]["ticktext"] == ["shirt", "bag"]
    assert figure["layout"]["yaxis"]["range"] == [1.5, -0.5]
    assert bars["text"] == [" 70.0% ", " 99.0% "]


def test_rare_mistakes_show_in_the_confusion_map() -> None:
    figure = confusion_map([[99, 1], [0, 50]], ["shirt", "bag"])
    (cells,) = figure["data"]
    assert cells["z"] == [[round(math.sqrt(0.99), 4), 0.1], [0, 1]]
    assert cells["customdata"][0][1] == [1, "1.0%", "shirt", "bag"]
    counts = [(each["y"], each["x"], each["text"], each["font"]["color"]) for each in figure["layout"]["annotations"]]
    assert counts == [(0, 0, "99", "@background"), (0, 1, "1", "@text"), (1, 1, "50", "@background")]


def test_many_classes_have_no_numbers_in_their_cells() -> None:
    counts = [[1] * 20 for _ in range(20)]
    figure = confusion_map(counts, [f"class {number}" for number in range(20)])
    assert figure["layout"]["annotations"] == []
    assert figure["layout"]["xaxis"]["showticklabels"] is False


def test_a_bar_stands_over_the_middle_of_its_bin() -> None:
    bins = pd.DataFrame([{"low": 0.8, "high": 1.0, "count": 3, "confidence": 0.95, "accuracy": 2 / 3}])
    bars, diagonal = reliability_diagram(bins)["data"]
    assert bars["x"] == [0.9]
    assert bars["customdata"] == [["80% to 100%", "95.0%", 3, "100.0%"]]
    assert diagonal["x"] == diagonal["y"] == [0, 1]


def test_latency_is_a_dot_with_its_interval_on_an_axis_from_zero() -> None:
    frame = pd.DataFrame(
        {
            "role": ["teacher", "student"],
            "name": ["big", "small"],
            "ms": [1.2, 0.08],
            "low": [1.1, None],
            "high": [1.3, None],
        }
    ).astype({"low": float, "high": float})
    figure = latency_dots(frame, axis="CPU time")
    dots = [trace for trace in figure["data"] if trace["mode"].startswith("markers")]
    assert [dot["marker"]["color"] for dot in dots] == ["@student", "@teacher"]
    assert round(dots[1]["error_x"]["array"][0], 6) == round(dots[1]["error_x"]["arrayminus"][0], 6) == 0.1
    assert dots[0]["error_x"]["array"] == [0]
    assert figure["layout"]["xaxis"]["range"][0] == 0
    assert figure["layout"]["yaxis"]["ticktext"] == ["small", "big"]


def test_the_figures_are_json_and_plotly_knows_every_property() -> None:
    frame = pd.DataFrame({"role": ["student"], "name": ["s"], "ms": [0.1], "low": [0.09], "high": [0.11]})
    bins = pd.DataFrame([{"low": 0.8, "high": 1.0, "count": 3, "confidence": 0.95, "accuracy": 0.5}])
    for figure in (
        class_bars(pd.DataFrame({"name": ["a"], "recall": [0.2]})),
        confusion_map([[1]], ["a"]),
        reliability_diagram(bins),
        latency_dots(frame, axis="CPU time"),
    ):
        plain = json.dumps(figure, allow_nan=False)
        go.Figure(json.loads(_coloured(plain)))


def _coloured(text: str) -> str:
    """With a colour in place of every role."""
    return re.sub(r'"@[a-z]+(?:/[\d.]+)?"', '"#123456"', text)
