"""The form as it is used: numbers that are typed, layers paired by hand, a narrow window."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"


def opened(new_tab: Any, served: str, **settings: Any) -> Any:
    tab = new_tab(f"{served}/train", **settings)
    tab.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    settled(tab)
    return tab


def settled(tab: Any) -> None:
    tab.wait_for_timeout(400)
    tab.locator(IDLE).wait_for(timeout=60_000)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("How many", "0", "Labels: got 0; it must be at least 1"),
        ("How many", "5", "Labels: 5 is fewer than the 10 classes"),
        ("Epochs", "0", "Epochs: got 0; it must be at least 1"),
        ("Seed", "-1", "Seed: got -1; it must be at least 0"),
    ],
)
def test_a_number_out_of_range_stops_the_start_and_is_named(
    field: str, typed: str, sentence: str, served: str, new_tab: Any
) -> None:
    tab = opened(new_tab, served)
    start = tab.get_by_role("button", name="Start", exact=True)
    assert start.is_enabled()
    tab.get_by_label(field, exact=True).fill(typed)
    start.click()  # straight from the field: the click itself brings the number to the form
    tab.get_by_text(sentence).first.wait_for(timeout=20_000)
    settled(tab)
    assert start.is_disabled()
    assert "run=" not in tab.url


def test_pairs_made_by_hand_can_be_removed_and_added(served: str, new_tab: Any) -> None:
    tab = opened(new_tab, served)
    tab.get_by_text("Hint (FitNets)").first.click()
    ways = tab.locator("[data-testid=stSelectbox]").filter(has_text="Layer map").locator("input")
    ways.click()
    ways.fill("By hand")
    tab.get_by_role("option", name="By hand").wait_for(timeout=20_000)
    ways.press("Enter")
    pairs = tab.locator("[data-testid=stMultiSelect]").filter(has_text="Pairs, student")
    pairs.get_by_text("stage2 → stage2.block2").wait_for(timeout=20_000)
    settled(tab)
    add = tab.get_by_role("button", name="Add pair")
    add.click()
    pairs.get_by_text("→").nth(1).wait_for(timeout=20_000)
    settled(tab)
    pairs.get_by_role("button").first.click()
    settled(tab)
    assert pairs.get_by_text("stage2 → stage2.block2").count() == 0
    assert tab.get_by_text("chosen by hand").count() == 1
    assert tab.get_by_role("button", name="Start", exact=True).is_enabled()


def test_in_a_narrow_window_every_choice_of_the_fine_tuning_is_whole(served: str, new_tab: Any) -> None:
    tab = opened(new_tab, served, viewport={"width": 405, "height": 900})
    last = tab.get_by_text("Some classes").locator("xpath=ancestor::button | ancestor::label").first
    box = last.bounding_box()
    assert box["x"] + box["width"] <= 405 - 16, "it reaches into the margin"
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
