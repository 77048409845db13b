"""The guided tour with a mouse: an image is picked, a temperature raised, and the link leads to a form set up."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BARS = "[data-chart=soft-targets]"


def drawn(tab: Any) -> str:
    """Which version of the bars is drawn."""
    tab.locator(f"{BARS}[data-version]").wait_for(timeout=60_000)
    return str(tab.locator(BARS).get_attribute("data-version"))


def test_a_picked_image_stays_picked_and_its_bars_follow(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/learn")
    assert drawn(tab) == "soft-targets-14-1", "the image on which the teacher is surest"
    images = tab.locator("label.tile")
    images.nth(5).click()
    tab.locator(f"{BARS}[data-version=soft-targets-5-1]").wait_for(timeout=20_000)
    tab.get_by_role("slider").press("ArrowRight")
    tab.locator(f"{BARS}[data-version=soft-targets-5-2]").wait_for(timeout=20_000)
    tab.get_by_role("radio", name="4 Attention").click()
    tab.get_by_text("distilled, with attention").wait_for(timeout=20_000)
    assert tab.locator("label.tile input").nth(5).is_checked()
    assert "step=4" in tab.url
    tab.get_by_role("link", name="Try it: train with attention transfer").click()
    tab.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    assert tab.get_by_role("checkbox", name="Attention transfer", exact=True).is_checked()


def test_the_tour_of_language_is_a_click_away_and_leads_to_a_form_of_texts(served: str, new_tab: Any) -> None:
    tab = new_tab(f"{served}/learn")
    drawn(tab)
    tab.get_by_role("radio", name="Language", exact=True).click()
    tokens = tab.locator("[data-chart=next-token]")
    tab.locator("[data-chart=next-token][data-version=next-token-2-2-1]").wait_for(timeout=60_000)
    assert "about=language" in tab.url
    tab.get_by_role("radio", name="end", exact=True).click()
    tab.locator("[data-chart=next-token][data-version=next-token-2-5-1]").wait_for(timeout=20_000)
    assert tokens.get_attribute("data-version") == "next-token-2-5-1"
    tab.get_by_role("radio", name="2 Beyond labels").click()
    tab.get_by_role("button", name="Just show it").click()
    tab.locator("[data-chart=right-answers][data-version]").wait_for(timeout=20_000)
    tab.reload()
    tab.get_by_role("heading", name="2 · Beyond labels").wait_for(timeout=60_000)
    tab.get_by_role("link", name="Try it: learn from the teacher's text alone").click()
    tab.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    assert tab.get_by_role("radio", name="Texts", exact=True).is_checked()
    assert tab.get_by_role("checkbox", name="Hard labels of the teacher", exact=True).is_checked()
