"""A study's figures: what they show, and that Plotly takes them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from distill_core.figures import PALETTES
from distill_core.figures.studies import study_costs, study_grid, study_variants


def variants() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "variant": ["medium", "small", "large <b>"],
            "mean": [0.85, 0.80, 0.84],
            "half_width": [0.01, math.nan, 0.5],
            "baseline": [0.74, math.nan, 0.75],
            "parameters": [20_000, 5_000, 80_000],
            "bytes": [81_000.0, 22_000.0, math.nan],
            "cpu_ms": [math.nan] * 3,
            "front": [True, True, False],
            "reference": [True, False, False],
        }
    )


def seeds() -> pd.DataFrame:
    runs = [("medium", 0, 0.845), ("medium", 1, 0.855), ("small", 0, 0.80), ("large <b>", 0, 0.84)]
    return pd.DataFrame(runs, columns=["variant", "seed", "accuracy"])


def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "temperature": [4.0, 1.0, 1.0, 4.0],
            "alpha": [0.9, 0.9, 0.5, 0.5],
            "mean": [0.85, 0.80, 0.83, math.nan],
            "half_width": [0.01, math.nan, 0.02, math.nan],
            "chosen": [True, False, False, False],
            "reference": [False, True, False, False],
        }
    )


def every_figure() -> dict[str, dict[str, Any]]:
    return {
        "variants": study_variants(variants(), seeds(), teacher=0.92),
        "one variant": study_variants(variants().head(1), seeds().head(2)),
        "parameters": study_costs(variants(), cost="parameters", teacher=0.92),
        "bytes": study_costs(variants(), cost="bytes"),
        "no cost known": study_costs(variants(), cost="cpu_ms", teacher=0.92),
        "grid": study_grid(cells()),
    }


def named(figure: dict[str, Any], name: str) -> dict[str, Any]:
    return next(trace for trace in figure["data"] if trace["name"] == name)


@pytest.mark.parametrize("name", list(every_figure()))
def test_plotly_accepts_every_figure_and_every_role_is_in_both_palettes(name: str) -> None:
    text = json.dumps(every_figure()[name], allow_nan=False)
    roles = set(re.findall(r'"@([^"/]+)(?:/[0-9.]+)?"', text))
    assert roles
    assert roles <= set(PALETTES["light"]) == set(PALETTES["dark"])
    go.Figure(json.loads(re.sub(r'"@[^"]+"', '"#123456"', text)))


def test_variants_stand_in_their_order_from_the_top_and_every_seed_is_a_point_near_its_mean() -> None:
    figure = study_variants(variants(), seeds(), teacher=0.92)
    means, points = named(figure, "mean, 95% interval"), named(figure, "one seed")
    assert means["y"] == [2, 1, 0]
    assert means["error_x"]["array"] == [0.01, None, 0.5]
    assert len(points["x"]) == 4
    assert all(abs(y - round(y)) < 0.3 for y in points["y"])
    assert [round(y) for y in points["y"]] == [2, 2, 1, 0]


def test_teacher_and_reference_are_lines_and_the_baseline_has_its_colour() -> None:
    figure = study_variants(variants(), seeds(), teacher=0.92)
    at = {shape["line"]["color"]: shape["x0"] for shape in figure["layout"]["shapes"]}
    assert at == {"@muted": 0.85, "@teacher": 0.92}
    assert named(figure, "labels only")["marker"]["color"] == "@baseline"
    assert named(figure, "teacher, 92.0%")["line"]["color"] == "@teacher"


def test_without_the_reference_no_line_says_it_were_another() -> None:
    figure = study_variants(variants().iloc[1:], seeds().iloc[2:])
    assert figure["layout"]["shapes"] == []


def test_one_wide_interval_does_not_squeeze_everything_else() -> None:
    low, high = study_variants(variants(), seeds())["layout"]["xaxis"]["range"]
    assert low < 0.74
    assert high - low < 0.35


def test_names_cannot_bring_markup_into_the_chart() -> None:
    assert "<b>" not in json.dumps(study_variants(variants(), seeds()))


def test_the_front_is_one_line_from_cheap_to_dear_and_the_rest_are_points() -> None:
    figure = study_costs(variants(), cost="parameters")
    front, rest = named(figure, "Pareto front"), named(figure, "beaten at this cost")
    assert front["x"] == [5000, 20_000]
    assert front["y"] == [0.80, 0.85]
    assert front["mode"].startswith("lines")
    assert rest["mode"] == "markers"
    assert rest["x"] == [80_000]


def test_a_variant_whose_cost_is_not_known_is_left_out() -> None:
    figure = study_costs(variants(), cost="bytes")
    assert sum(len(trace["x"]) for trace in figure["data"] if trace["name"] != "labels only") == 2


def test_the_grid_has_a_cell_for_every_pair_the_best_the_darkest_and_what_is_not_known_a_dash() -> None:
    layout = study_grid(cells())["layout"]
    filled = [shape["fillcolor"] for shape in layout["shapes"] if shape["fillcolor"].startswith("@")]
    assert filled == ["@student/0.60", "@student/0.06", "@student/0.38", "@muted/0.06"]
    frames = [(shape["line"]["dash"], shape["x0"] > 0) for shape in layout["shapes"] if shape["line"]["width"]]
    assert frames == [("solid", True), ("dot", False)]
    texts = [words["text"] for words in layout["annotations"]]
    assert texts == ["<b>85.0%</b>", "± 1.0", "80.0%", "83.0%", "± 2.0", "–"]
    assert layout["xaxis"]["ticktext"] == ["1", "4"]
    assert layout["yaxis"]["ticktext"] == ["0.5", "0.9"]


def test_a_close_up_leaves_teacher_and_baselines_out() -> None:
    narrow = variants().assign(half_width=[0.01, math.nan, 0.01])
    figure = study_variants(narrow, seeds(), teacher=0.92, close=True)
    assert {trace["name"] for trace in figure["data"]} == {"reference", "one seed", "mean, 95% interval"}
    low, high = figure["layout"]["xaxis"]["range"]
    assert low > 0.79
    assert high < 0.88


def test_with_one_seed_each_a_variant_is_one_dot() -> None:
    figure = study_variants(variants().assign(half_width=math.nan), seeds().iloc[[0, 2, 3]])
    assert [trace["name"] for trace in figure["data"] if trace["x"] != [None]] == ["labels only", "one seed"]
