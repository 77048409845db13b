"""What a visitor does: presses the demo's button and takes the file; fills in the form; and nothing is fetched."""

from __future__ import annotations

import time
from typing import Any

import pytest
from watching import POINTS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def point_is_shown(tab: Any, seconds: float) -> float:
    """Waits for the first live point; returns how long it took."""
    begin = time.monotonic()
    tab.wait_for_function(f"{POINTS} > 0", timeout=seconds * 1000)
    return time.monotonic() - begin


def ready(tab: Any) -> None:
    """The demo's button is there and the first script run is over."""
    tab.get_by_role("button", name="Run the demo").wait_for(timeout=60_000)
    tab.wait_for_function("() => window.Plotly !== undefined", timeout=60_000)


def test_the_demo_from_the_click_to_the_file(served: str, new_tab: Any) -> None:
    tab = new_tab(served)
    ready(tab)
    tab.wait_for_timeout(5000)
    clicked = time.monotonic()
    tab.get_by_role("button", name="Run the demo").click()
    point_is_shown(tab, 30)
    first_point = time.monotonic() - clicked
    assert first_point <= 5, f"the first live point came {first_point:.1f} s after the click"
    assert "run=quickstart" in tab.url

    tab.get_by_role("button", name="Download ONNX").wait_for(timeout=400_000)
    took = time.monotonic() - clicked
    assert "the student reaches" in tab.get_by_role("heading", level=3).first.inner_text()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download ONNX").click()
    assert download.value.suggested_filename.endswith(".onnx")
    assert download.value.path().stat().st_size > 20_000
    assert took <= 150, f"the demo took {took:.0f} s"


def test_a_link_to_a_run_works_as_the_very_first_request_after_a_start(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/train?run=no-such-run")
    tab.get_by_role("heading", name="No such run").wait_for(timeout=60_000)
    assert tab.get_by_role("link", name="Compare").first.is_visible()
    assert tab.get_by_text("app", exact=True).count() == 0, "Streamlit took pages/ for pages of the old kind"


def test_the_form_keeps_what_was_typed_and_starts_what_it_shows(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/train")
    tab.get_by_role("button", name="Start").wait_for(timeout=60_000)
    epochs = tab.get_by_role("spinbutton", name="Epochs")
    epochs.fill("200")
    epochs.press("Enter")
    tab.get_by_text("--set epochs=200").wait_for(timeout=20_000)
    tab.get_by_role("link", name="Home").first.click()
    tab.get_by_role("button", name="Run the demo").wait_for(timeout=20_000)
    tab.get_by_role("link", name="Train").first.click()
    tab.get_by_text("--set epochs=200").wait_for(timeout=20_000)
    tab.get_by_role("button", name="Start").click()
    point_is_shown(tab, 60)
    tab.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Continue").wait_for(timeout=30_000)
    tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Stop").click()
    tab.get_by_text("You stopped this run").wait_for(timeout=60_000)


@pytest.mark.parametrize("width", [400, 1600])
def test_no_page_is_wider_than_the_window(served: str, new_tab: Any, width: int) -> None:
    for page, heading in (("", "Watch a small"), ("train", "Train a student"), ("compare", "Compare runs")):
        tab = new_tab(f"{served}/{page}", viewport={"width": width, "height": 900})
        tab.get_by_role("heading", name=heading).wait_for(timeout=60_000)
        tab.wait_for_timeout(1500)
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= width


def test_nothing_is_fetched_from_anywhere_else(served: str, new_tab: Any) -> None:
    tab = new_tab("about:blank")
    foreign: list[str] = []
    tab.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(served) else None)
    tab.goto(served)
    ready(tab)
    tab.wait_for_timeout(1500)
    assert [url for url in foreign if url.startswith("http")] == []
