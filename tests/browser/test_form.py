"""The form as it is used: numbers that are typed, layers paired by hand, a narrow window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_process import App
from playwright.sync_api import expect
from watching import settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One app for all tests of this file: none of them leaves anything in its home."""
    folder = tmp_path_factory.mktemp("form")
    with App(folder / "home", folder / "app.log") as app:
        yield app.url


def opened(new_tab: Any, served: str, **settings: Any) -> Any:
    tab = new_tab(f"{served}/train", **settings)
    tab.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    settled(tab)
    return tab


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
    expect(start).to_be_disabled(timeout=20_000)
    assert "run=" not in tab.url


def test_settings_saved_as_a_file_fill_the_form_again(served: str, new_tab: Any, tmp_path: Path) -> None:
    tab = opened(new_tab, served)
    typed(tab, "7")
    tab.get_by_role("tab", name="File").click()
    with tab.expect_download() as download:
        tab.locator(".st-key-configuration-file button").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert json.loads(saved.read_text("utf-8"))["training"]["epochs"] == 7
    typed(tab, "8")
    tab.locator(".st-key-open-configuration button").first.click()
    tab.locator("input[type=file]").set_input_files(saved)
    expect(tab.get_by_label("Epochs", exact=True)).to_have_value("7", timeout=20_000)
    expect(tab.get_by_text("--set epochs=7")).to_have_count(1, timeout=20_000)


def typed(tab: Any, epochs: str) -> None:
    """Another number of epochs, which the command then says."""
    field = tab.get_by_label("Epochs", exact=True)
    field.fill(epochs)
    field.press("Enter")
    tab.get_by_text(f"--set epochs={epochs}").wait_for(state="attached", timeout=20_000)


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
    tab.get_by_text("Add a pair from lists").click()
    add = tab.get_by_role("button", name="Add pair")
    add.click()
    pairs.get_by_text("→").nth(1).wait_for(timeout=20_000)
    settled(tab)
    pairs.get_by_role("button").first.click()
    expect(pairs.get_by_text("stage2 → stage2.block2")).to_have_count(0, timeout=20_000)
    expect(tab.get_by_text("chosen by hand")).to_have_count(1, timeout=20_000)
    expect(tab.get_by_role("button", name="Start", exact=True)).to_be_enabled(timeout=20_000)


def test_layers_are_joined_and_parted_in_the_drawing(served: str, new_tab: Any) -> None:
    tab = opened(new_tab, served)
    tab.get_by_text("Attention transfer", exact=True).last.click()
    canvas = tab.locator(".canvas")
    suggested = canvas.locator("path")
    canvas.locator(".student .layer").first.wait_for(timeout=20_000)
    settled(tab)
    before = suggested.count()
    assert before > 0
    assert canvas.locator(".teacher .layer").first.is_disabled(), "first a student layer, then its teacher"

    join(tab, 0, 0)
    tab.get_by_text("Pairs, student → teacher").wait_for(timeout=20_000)
    expect(suggested).to_have_count(before + 1, timeout=20_000)
    join(tab, 0, 0)
    expect(suggested).to_have_count(before, timeout=20_000)
    expect(tab.get_by_role("button", name="Start", exact=True)).to_be_enabled(timeout=20_000)


def join(tab: Any, student: int, teacher: int) -> None:
    """By keyboard, as a mouse does it too."""
    tab.locator(".canvas .student .layer").nth(student).focus()
    tab.keyboard.press("Enter")
    tab.locator(".canvas .teacher .layer").nth(teacher).focus()
    tab.keyboard.press("Enter")
    settled(tab)


def test_in_a_narrow_window_every_choice_of_the_fine_tuning_is_whole(served: str, new_tab: Any) -> None:
    tab = opened(new_tab, served, viewport={"width": 405, "height": 900})
    last = tab.get_by_text("Some classes").locator("xpath=ancestor::button | ancestor::label").first
    box = last.bounding_box()
    assert box["x"] + box["width"] <= 405 - 16, "it reaches into the margin"
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
