"""Drawing on the canvas of the page that lets models answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tried_runs import tried_run

from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_drawing_is_answered_when_the_pen_is_lifted_and_cleared_at_a_click(
    app_of: Callable[[Path], Any], new_tab: Any, tmp_path: Path
) -> None:
    store = Store(tmp_path / "home")
    run_id = tried_run(store)
    store.close()
    tab = new_tab(f"{app_of(tmp_path / 'home').url}/try_it?run={run_id}")
    tab.get_by_text("Draw", exact=True).click(timeout=60_000)
    canvas = tab.locator(".drawing canvas")
    canvas.wait_for(timeout=20_000)
    tab.get_by_text("The models answer as soon as you lift the pen.").wait_for(timeout=20_000)
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 60, box["y"] + 140)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 220, box["y"] + 140, steps=5)
    assert tab.locator("[data-chart=answer-student]").count() == 0, "nothing is sent while the pen is down"
    tab.mouse.up()
    for role in ("teacher", "baseline", "student"):
        tab.locator(f"[data-chart=answer-{role}] .bars path").first.wait_for(timeout=20_000)
    tab.get_by_role("img", name="Your drawing, as the models see it").wait_for(timeout=20_000)
    tab.get_by_role("button", name="Clear").click()
    tab.get_by_text("The models answer as soon as you lift the pen.").wait_for(timeout=20_000)
