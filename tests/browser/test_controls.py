"""Every control of every page is given another value, by key or by click, and nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from app_process import App
from controls import change_all
from made_up_runs import finish_run
from tried_runs import tried_language_run, tried_run
from watching import PAGES, console_errors, settled

from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

FEWEST = {"learn": 2, "train": 25, "compare": 2, "try_it": 1, "advisor": 3}
"""How many controls are found at least; the other pages are tables, links and buttons."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with finished runs of images and of texts, so that no page is empty."""
    folder = tmp_path_factory.mktemp("controls")
    store = Store(folder / "home")
    for temperature in (1.0, 2.0):
        finish_run(store, temperature=temperature)
    tried_language_run(store)
    tried_run(store)
    store.close()
    with App(folder / "home", folder / "app.log") as app:
        yield app.url


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.walk) if page == "train" else page for page in PAGES]
)
def test_every_control_of_a_page_can_be_changed(page: str, url: str, new_tab: Any) -> None:
    tab = new_tab("about:blank")
    errors = console_errors(tab)
    tab.goto(f"{url}/{page}")
    tab.get_by_role("heading", name=PAGES[page], level=1).wait_for(timeout=60_000)
    settled(tab)

    def unharmed(control: str) -> None:
        shown = tab.locator("[data-testid=stException]")
        assert shown.count() == 0, f"after {control}: {shown.first.inner_text()}"
        assert not errors, f"after {control}: {errors}"

    changed = change_all(tab, unharmed)
    print(page, len(changed), *changed, sep="\n")
    assert len(changed) >= FEWEST.get(page, 0)
