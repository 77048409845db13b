"""The quick run on texts, as a visitor starts it: one choice, one button, and what it shows until its end."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LONGEST = 300
"""Seconds from the click to the file."""
SKILL = "() => document.querySelector('[data-chart=accuracy]')?.layout?.yaxis?.title?.text"


def test_the_quick_run_on_texts_from_the_click_to_the_file(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/train")
    tab.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    tab.get_by_text("Texts", exact=True).click()
    tab.get_by_text("run --preset language-quick").wait_for(timeout=20_000)
    clicked = time.monotonic()
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.wait_for_function(
        "() => (document.querySelector('[data-chart=loss]')?.data?.[0]?.x ?? []).length", timeout=30_000
    )
    tab.get_by_text("Reasoning", exact=True).first.click(timeout=120_000)
    tab.wait_for_function(f"{SKILL} === 'sums with the right result'", timeout=20_000)
    tab.get_by_role("button", name="Download ONNX").wait_for(timeout=500_000)
    took = time.monotonic() - clicked
    said = tab.get_by_role("heading", level=3).first.inner_text()
    assert "With 500 labels, the student reaches" in said
    assert "above the same student trained on labels alone" in said
    rows = tab.locator("table").first.inner_text()
    assert all(skill in rows for skill in ("Reasoning", "Valid steps", "Instructions", "Longer chains", "Stops"))
    assert took <= LONGEST, f"the quick run on texts took {took:.0f} s"
