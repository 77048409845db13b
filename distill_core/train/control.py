"""How a running training is told to pause, go on or stop, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

Decision = Literal["go", "pause", "stop"]


class RunControl:
    """Answers "go", "pause" or "stop"; the loop asks between batches and inside long preparations.

    Every method may be called from any thread, any number of times. A stop is final.
    """

    def __init__(self) -> None:
        self._pause = threading.Event()
        self._stop = threading.Event()
        self._news = threading.Condition()

    @property
    def decision(self) -> Decision:
        """What the loop should do next."""
        if self._stop.is_set():
            return "stop"
        return "pause" if self._pause.is_set() else "go"

    @property
    def stopping(self) -> bool:
        """True once a stop was asked for."""
        return self._stop.is_set()

    def pause(self) -> None:
        """Holds the run between two batches."""
        self._set(self._pause.set)

    def resume(self) -> None:
        """Ends a pause."""
        self._set(self._pause.clear)

    def stop(self) -> None:
        """Ends the run at the next batch; its checkpoint can be resumed."""
        self._set(self._stop.set)

    def wait_while_paused(self) -> Decision:
        """Blocks during a pause; returns "go" or "stop"."""
        with self._news:
            self._news.wait_for(lambda: self.decision != "pause")
        return self.decision

    def _set(self, change: Callable[[], None]) -> None:
        with self._news:
            change()
            self._news.notify_all()
