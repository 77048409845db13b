from __future__ import annotations

import os
import shutil

import pytest


@pytest.mark.bench
def test_three_open_tabs_cost_little_and_a_page_answers_quickly() -> None:
    if shutil.which("chromium") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing, and CI needs it: apt-get install chromium")
        pytest.skip("Chromium is missing: apt-get install chromium")
    from app_overhead import measure

    figures = measure(seconds=20, clicks=40)
    print(figures)
    assert figures["outside_share"] <= 0.05, figures
    assert figures["click_ms"]["p95"] <= 500, figures
