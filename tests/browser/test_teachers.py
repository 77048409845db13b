"""A teacher's report as it is made and drawn, and a file that comes through the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from watching import settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WEIGHTS = (
    Path(__file__).parents[2] / "distill_core" / "assets" / "teachers" / "resnet20-fashion" / "weights.safetensors"
)


def test_weights_are_uploaded_scored_kept_and_reported_on(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/teachers?new=upload")
    tab.locator("input[type=file]").set_input_files(WEIGHTS)
    architecture = tab.get_by_role("combobox", name="Architecture")
    architecture.fill("resnet20-w16")
    architecture.press("Enter")
    tab.get_by_label("Name", exact=True).fill("my-teacher")
    tab.get_by_label("Name", exact=True).press("Enter")
    settled(tab)
    tab.get_by_role("button", name="Check it").click()
    tab.get_by_text("of 2,000 validation images of fashion-mnist-mini").wait_for(timeout=90_000)
    tab.get_by_role("button", name="Keep it as my-teacher").click()
    tab.get_by_role("button", name="Make the report").click(timeout=30_000)
    tab.get_by_text("Right by class").wait_for(timeout=90_000)
    map_of_mistakes = tab.locator("[data-chart=confusion]")
    map_of_mistakes.locator(".hm, image").first.wait_for(timeout=30_000)
    scale = map_of_mistakes.evaluate("node => node.data[0].colorscale")
    assert all(colour.startswith("#") for _, colour in scale), "roles have become colours"
    assert tab.url.endswith("teacher=my-teacher")
