"""Comparing in a browser: the address follows the ticks, and opens on the same runs again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import finish_run

from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_ticked_rows_are_in_the_address_which_opens_on_them_again(
    tmp_path: Path, app_of: Callable[[Path], Any], new_tab: Callable[..., Any]
) -> None:
    store = Store(tmp_path / "home")
    oldest, _, newest = (finish_run(store, temperature=each) for each in (1.0, 2.0, 3.0))
    tab = new_tab(f"{app_of(tmp_path / 'home').url}/compare")
    table = tab.get_by_test_id("stDataFrame").first
    table.wait_for(timeout=60_000)
    tab.wait_for_timeout(1500)
    for row, ids in ((0, [newest]), (2, [newest, oldest])):
        table.click(position={"x": 18, "y": 55 + 35 * row})
        tab.wait_for_url(f"**/compare?runs={'%2C'.join(ids)}", timeout=20_000)
    tab.reload()
    tab.get_by_text("What differs").wait_for(timeout=60_000)
    tab.wait_for_timeout(1500)
    table.click(position={"x": 18, "y": 55})
    tab.wait_for_url(f"**/compare?runs={oldest}", timeout=20_000)
    finish_run(store, temperature=4.0)
    tab.get_by_role("radio", name="Parameters").click()
    tab.wait_for_timeout(3000)
    assert tab.url.endswith(f"/compare?runs={oldest}"), "a run that finishes meanwhile moves no tick"
    tab.get_by_role("link", name="Learn").first.click()
    tab.get_by_role("heading", name="Distillation in ten minutes").wait_for(timeout=60_000)
    tab.get_by_role("link", name="Compare").first.click()
    tab.get_by_text("What differs").wait_for(timeout=60_000)
    tab.wait_for_timeout(1500)
    assert "runs=" not in tab.url, "who comes back without an address finds nothing ticked"
