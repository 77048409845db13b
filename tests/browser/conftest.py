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


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a freshly started app with an empty home; nobody has visited it yet."""
    chromium()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path / "app.log").open("w")
    app = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env=os.environ | {"DISTILL_HOME": str(tmp_path / "home")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_up(port, app)
        yield f"http://127.0.0.1:{port}"
    finally:
        app.terminate()
        try:
            app.wait(15)
        except subprocess.TimeoutExpired:
            app.kill()
        log.close()


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
