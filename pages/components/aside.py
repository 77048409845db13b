"""Work that takes seconds, done beside the page: in a thread that waits for a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from distill_core.edge.jobs import ShouldStop
from distill_core.errors import DistillError


class Aside:
    """A piece of work that begins at once.

    Attributes:
        done: whether it is over.
        result: what the work gave; None until then, or if it failed.
        error: the sentence that says why it failed.

    Args:
        work: given what to ask, now and then, whether to end early; it may ignore that.
    """

    def __init__(self, work: Callable[[ShouldStop], Any]) -> None:
        self.done = False
        self.result: Any = None
        self.error: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True, name="aside")
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until it is done, or for so long."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """Nobody waits for it any more."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to end early."""
        return self._stopping.is_set()

    def _do(self, work: Callable[[ShouldStop], Any]) -> None:
        try:
            self.result = work(self._stopping.is_set)
        except DistillError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"That failed unexpectedly ({type(error).__name__}: {error})."
        finally:
            self.done = True
