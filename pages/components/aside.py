"""Work that takes seconds, done beside the page: in a thread that waits for a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from distill_core.errors import DistillError


class Aside:
    """A piece of work that begins at once.

    Attributes:
        done: whether it is over.
        result: what the work gave; None until then, or if it failed.
        error: the sentence that says why it failed.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.done = False
        self.result: Any = None
        self.error: str | None = None
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True, name="aside")
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until it is done, or for so long."""
        self._thread.join(seconds)

    def _do(self, work: Callable[[], Any]) -> None:
        try:
            self.result = work()
        except DistillError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"That failed unexpectedly ({type(error).__name__}: {error})."
        finally:
            self.done = True
