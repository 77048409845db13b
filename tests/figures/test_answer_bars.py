"""A model's answer drawn as a distribution."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.answers import answer_bars


def test_bars_keep_the_order_of_classes_and_the_likeliest_stands_out() -> None:
    frame = pd.DataFrame(
        {"name": ["Coat", "Shirt", "A class with a very long name"], "share": [0.28, 0.7196, 0.0004],
         "right": [True, False, False]}
    )  # fmt: skip
    figure = answer_bars(frame, "student")
    (bars,) = figure["data"]
    assert bars["x"] == [0.28, 0.7196, 0.0004]
    assert bars["marker"]["color"] == ["@student/0.4", "@student", "@student/0.4"]
    assert bars["text"] == ["28%", "72%", "<0.1%"]
    axis = figure["layout"]["yaxis"]
    assert axis["ticktext"] == ["<b>✓ Coat</b>", "Shirt", "A class …long name"]
    assert axis["range"] == [2.5, -0.5], "the first class is at the top"
