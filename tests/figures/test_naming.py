"""Names on figures: as typed, and never taken for each other, whatever they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from distill_core.figures import classes, latency, report
from distill_core.figures.answers import answer_bars
from distill_core.figures.lesson.class_map import class_map
from distill_core.figures.lesson.soft_targets import soft_targets
from distill_core.figures.models import result_bars
from distill_core.figures.naming import name_ticks, named

NAMES = ["<b>bold</b>", "R&D", '"so"', "%{x} of it", "7", "a long name of a class, 1", "a long name of a class, 2"]
SHARES = np.full(len(NAMES), 1 / len(NAMES))
EYE = np.eye(len(NAMES), dtype=int).tolist()

FIGURES: dict[str, Callable[[], Any]] = {
    "gains of classes": lambda: classes.class_bars(
        pd.DataFrame({"name": NAMES, "student": SHARES, "baseline": SHARES, "gain": 0 * SHARES})
    ),
    "recall of classes": lambda: report.class_bars(pd.DataFrame({"name": NAMES, "recall": SHARES})),
    "confusion": lambda: report.confusion_map(EYE, NAMES),
    "dark knowledge": lambda: class_map(np.outer(SHARES, SHARES), NAMES, top=1, role="teacher"),
    "soft targets": lambda: soft_targets(pd.DataFrame({"name": NAMES, "share": SHARES, "is_label": False})),
    "an answer": lambda: answer_bars(pd.DataFrame({"name": NAMES, "share": SHARES, "right": False}), "student"),
    "results": lambda: result_bars(pd.DataFrame({"name": NAMES, "role": "student", "accuracy": SHARES})),
    "latency": lambda: latency.latency_dots(
        pd.DataFrame({"name": NAMES, "role": "student", "ms": SHARES, "low": SHARES, "high": SHARES}), axis="an image"
    ),
}


def test_markup_is_drawn_as_it_was_typed() -> None:
    assert named("<b>R&D</b>") == "&lt;b&gt;R&amp;D&lt;/b&gt;"
    assert named("<b>R&D</b> of a long name", 9) == "&lt;b&gt;R…name", "shortened first: no escape is cut in two"


def test_names_stand_at_places() -> None:
    assert name_ticks(["7", "<"]) == {"tickvals": [0, 1], "ticktext": ["7", "&lt;"]}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_names_as_typed_and_keeps_two_alike_apart(name: str) -> None:
    figure = FIGURES[name]()
    text = json.dumps(figure)
    assert "<b>bold" not in text
    assert "R&D" not in text
    assert "&quot;" not in text
    templates = [str(trace.get("hovertemplate", "")) for trace in figure["data"]]
    assert not any("of it" in template for template in templates), "a name in a template would be filled in"
    named_axes = [axis for axis in (figure["layout"]["xaxis"], figure["layout"]["yaxis"]) if "ticktext" in axis]
    assert named_axes
    for axis in named_axes:
        assert len(set(axis["tickvals"])) == len(axis["ticktext"]) == len(NAMES)
    for trace in figure["data"]:
        for along in ("x", "y"):
            assert all(isinstance(value, int | float) for value in trace.get(along) or [])
