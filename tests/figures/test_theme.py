"""The theme's colours and the figures' are the same ones."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from distill_core.figures import PALETTES
from distill_core.figures.palette import Theme

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text("utf-8"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_teacher_student_and_baseline_look_the_same_in_words_and_in_figures(theme: Theme) -> None:
    page, figure = CONFIG["theme"][theme], PALETTES[theme]
    assert page["violetColor"] == figure["teacher"]
    assert page["greenColor"] == figure["student"]
    assert page["orangeColor"] == figure["baseline"]
    assert page["backgroundColor"] == figure["background"]
    assert page["textColor"] == figure["text"]


def test_the_app_listens_on_this_computer_alone_and_tells_nobody() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"].get("enableXsrfProtection", True)
    assert CONFIG["client"]["toolbarMode"] == "viewer"
