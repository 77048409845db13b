"""The Runs page in a browser: a ticked row is deleted, and undo brings it back; one that was looked for is cloned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import finish_run

from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_ticked_run_is_deleted_and_brought_back(
    tmp_path: Path, app_of: Callable[[Path], Any], new_tab: Callable[..., Any]
) -> None:
    store = Store(tmp_path / "home")
    finish_run(store, name="the first")
    run_id = finish_run(store, name="the second")
    tab = new_tab(f"{app_of(tmp_path / 'home').url}/runs")
    tick_the_first_row(tab)
    tab.get_by_role("heading", name="the second").wait_for(timeout=20_000)
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.get_by_text("Deleted the second").wait_for(timeout=20_000)
    assert store.get(run_id).deleted is not None
    assert [record.name for record in store.list("run")] == ["the first"]
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("Deleted the second").wait_for(state="detached", timeout=20_000)
    assert [record.name for record in store.list("run")] == ["the second", "the first"]


def test_a_found_run_is_cloned_though_the_address_says_what_was_looked_for(
    tmp_path: Path, app_of: Callable[[Path], Any], new_tab: Callable[..., Any]
) -> None:
    finish_run(Store(tmp_path / "home"), name="the one", temperature=7.0)
    tab = new_tab(f"{app_of(tmp_path / 'home').url}/runs?find=one")
    tick_the_first_row(tab)
    tab.get_by_role("button", name="Clone", exact=True).click()
    tab.get_by_role("heading", name="Train a student").wait_for(timeout=60_000)
    assert "find" not in tab.url
    tab.locator(".st-key-form_temperature").get_by_text("7", exact=True).wait_for(timeout=20_000)


def tick_the_first_row(tab: Any) -> None:
    """By its box; the table is a picture."""
    table = tab.get_by_test_id("stDataFrame").first
    table.wait_for(timeout=60_000)
    tab.wait_for_timeout(1000)
    table.click(position={"x": 18, "y": 55})
