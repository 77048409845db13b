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
from collections.abc import Sequence
from pathlib import Path
from typing import Self

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
    """The app with a home, at one address; it can be killed and started again. In a `with` it runs until the end.

    `tree` holds its source, and `options` are more of Streamlit's.
    """

    def __init__(self, home: Path, log: Path, tree: Path = ROOT, options: Sequence[str] = ()) -> None:
        chromium()
        self.home, self._log, self._tree, self._options = home, log, tree, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = ["--server.port", str(self._port), "--server.headless", "true", *self._options]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *options],
                cwd=self._tree,
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
