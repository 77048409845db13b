"""The app served to a browser, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_process import FLAGS, App, chromium


@pytest.fixture
def app_of(tmp_path: Path) -> Iterator[Callable[[Path], App]]:
    """Starts the app with a home of the test's choice."""
    apps: list[App] = []

    def started(home: Path) -> App:
        apps.append(App(home, tmp_path / "app.log"))
        apps[-1].start()
        return apps[-1]

    yield started
    for app in apps:
        app.end()


@pytest.fixture
def served(tmp_path: Path, app_of: Callable[[Path], App]) -> str:
    """The address of a freshly started app with an empty home; nobody has visited it yet."""
    return app_of(tmp_path / "home").url


@pytest.fixture
def new_tab() -> Iterator[Callable[..., Any]]:
    """Opens tabs in one fresh profile; an error in any tab's script fails the test."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)

        def open_tab(url: str, **settings: Any) -> Any:
            tab = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **settings})
            tab.on("pageerror", lambda error: errors.append(str(error)))
            tab.goto(url)
            return tab

        yield open_tab
        browser.close()
    assert not errors, errors
