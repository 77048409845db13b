"""Ctrl-C and its relatives: the first asks, the second insists."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from distill_core.terminal.endings import STOPPED
from distill_core.terminal.screen import error_console, flush, show

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """While it is open, SIGTERM does what Ctrl-C does; for the stretches in which there is nothing to save."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass
class Interruption:
    """Whether the user asked for the end."""

    asked: bool = False

    def stopping(self) -> bool:
        """For jobs that ask whether to go on."""
        return self.asked


@contextlib.contextmanager
def interruptible(
    stop: Callable[[], None] = lambda: None, say: Callable[[str], None] | None = None, last_words: str = ""
) -> Iterator[Interruption]:
    """While it is open, Ctrl-C, SIGTERM and the closing of the terminal ask for a stop; a second one ends at once.

    Args:
        stop: called at the first.
        say: prints a sentence; None prints to standard error.
        last_words: printed before an end at once.
    """
    state = Interruption()
    speak = say or (lambda text: show(text, to=error_console()))

    def handle(_number: int, _frame: FrameType | None) -> None:
        if state.asked:
            speak(f"Ended at once.{last_words and ' '}{last_words}")
            end_children()
            flush()
            os._exit(STOPPED)
        state.asked = True
        stop()
        speak("Stopping after the step in progress; press Ctrl-C again to end at once.")

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            # Under nohup the closing of the terminal is ignored, and so it stays.
            if not (number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) == signal.SIG_IGN):
                before[number] = signal.signal(number, handle)
    try:
        yield state
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def end_children() -> None:
    """Ends the processes that this one started, such as a measurement."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
