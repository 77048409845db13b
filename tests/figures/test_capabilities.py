"""Capability against size: one line for each, and up is better for all."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from distill_core.figures import PALETTES, capabilities


def frame(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    columns = ["role", "parameters", "measure", "value"]
    return pd.DataFrame(rows, columns=columns).assign(name="a model")


SKILLS = frame(
    ("teacher", 1_250_000, "reasoning", 1.0),
    ("student", 400_000, "reasoning", 0.9),
    ("student", 400_000, "reasoning", 0.7),
    ("student", 100_000, "reasoning", 0.3),
    ("baseline", 100_000, "reasoning", 0.1),
    ("student", 100_000, "instructions", 0.5),
)
TEXT = frame(("student", 100_000, "perplexity", 9.0), ("teacher", 1_250_000, "perplexity", 4.0))


def lines(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in figure["data"] if trace["mode"] == "lines" and trace["showlegend"]}


def test_a_line_for_each_capability_joins_the_means_of_each_size_from_small_to_large() -> None:
    found = lines(capabilities(SKILLS))
    assert set(found) == {"reasoning", "instructions"}
    assert found["reasoning"]["x"] == [100_000, 400_000]
    assert found["reasoning"]["y"] == pytest.approx([0.3, 0.8])
    assert found["reasoning"]["line"]["dash"] != found["instructions"]["line"]["dash"]


def test_colour_tells_who_it_is() -> None:
    colours = {trace["marker"]["color"] for trace in capabilities(SKILLS)["data"] if trace["mode"] == "markers"}
    assert colours == {"@teacher", "@student", "@baseline"}


def test_perplexity_has_an_axis_of_its_own_that_is_turned_round() -> None:
    layout = capabilities(pd.concat([SKILLS, TEXT]))["layout"]
    low, high = layout["yaxis2"]["range"][::-1]
    assert low < math.log10(4) < math.log10(9) < high
    assert layout["yaxis2"]["side"] == "right"
    assert layout["yaxis"]["visible"]


def test_text_alone_has_the_one_axis_on_the_left() -> None:
    layout = capabilities(TEXT)["layout"]
    assert not layout["yaxis"]["visible"]
    assert layout["yaxis2"]["side"] == "left"
    assert set(lines(capabilities(TEXT))) == {"perplexity"}
    assert "perplexity, right axis" in lines(capabilities(pd.concat([SKILLS, TEXT])))
    assert "yaxis2" not in capabilities(SKILLS)["layout"]


@pytest.mark.parametrize("data", [SKILLS, TEXT, pd.concat([SKILLS, TEXT]), SKILLS.head(0)])
def test_plotly_takes_it(data: pd.DataFrame) -> None:
    text = json.dumps(capabilities(data))
    assert set(re.findall(r'"@([a-z]+)', text)) <= set(PALETTES["light"])
    go.Figure(json.loads(re.sub(r'"@[^"]+"', '"#123456"', text)))
