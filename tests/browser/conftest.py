"""The app in a process of its own, and Debian's Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def chromium() -> str:
    """Where Chromium is; a machine without one skips, but a CI without one fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium), so nothing can look at the app"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class App:
    """The app with a home, at one address; it can be killed and started again."""

    def __init__(self, home: Path, log: Path) -> None:
        chromium()
        self.home, self._log = home, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        port = ["--server.port", str(self._port)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *port, "--server.headless", "true"],
                cwd=ROOT,
                env=os.environ | {"DISTILL_HOME": str(self.home)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _wait_until_up(self._port, self._process)

    def kill(self) -> None:
        """Ends it without a word, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(15)

    def end(self) -> None:
        """Ends it in order, if it runs."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()


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


def _wait_until_up(port: int, app: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert app.poll() is None, "the app ended while starting"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
        else:
            return
    raise TimeoutError("the app did not answer within a minute")


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
