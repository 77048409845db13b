"""Every page as a stranger meets it: by a link, as the first request, in light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from made_up_runs import finish_run
from watching import PAGES, console_errors

from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
GRAVE = ("serious", "critical")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With three finished runs, so that no page is empty."""
    store = Store(tmp_path / "home")
    for temperature in (1.0, 2.0, 4.0):
        finish_run(store, temperature=temperature, accuracy=0.82 + temperature / 100)
    store.close()
    return tmp_path / "home"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_by_its_link_and_everybody_can_read_it(
    page: str, home: Path, app_of: Callable[[Path], Any], new_tab: Callable[..., Any]
) -> None:
    tab = new_tab("about:blank", viewport={"width": 1280, "height": 900}, color_scheme="light")
    errors = console_errors(tab)
    tab.goto(f"{app_of(home).url}/{page}")
    tab.get_by_role("heading", name=PAGES[page], level=1).wait_for(timeout=60_000)
    tab.wait_for_timeout(3_000)
    assert not errors
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_timeout(800)
        assert _faults(tab) == [], scheme
    wider = "() => (main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    assert tab.evaluate(wider) <= 0, "at 1280 pixels something stands out to the right"
    tab.set_viewport_size({"width": 400, "height": 900})
    tab.wait_for_timeout(800)
    assert tab.evaluate(wider) <= 0, "at 400 pixels something stands out to the right"


def _faults(tab: Any) -> list[str]:
    """The serious and critical faults that axe-core finds, each with the first elements that have it."""
    tab.evaluate(AXE.read_text("utf-8"))
    found = tab.evaluate("() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    return [
        json.dumps([fault["id"], fault["help"], [node["html"][:200] for node in fault["nodes"][:3]]])
        for fault in found
        if fault["impact"] in GRAVE
    ]
