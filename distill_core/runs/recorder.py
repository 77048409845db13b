"""From the engine's events to the store and the listener, without making the training wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from distill_core.errors import StorageError
from distill_core.events import Event
from distill_core.runs.records import RunEvent

if TYPE_CHECKING:
    from distill_core.runs.store import Store

FLUSH_SECONDS = 0.5
WISH_SECONDS = 1.0
AT_ONCE = frozenset(
    ("Started", "PhaseStarted", "Paused", "Resumed", "Measured", "Exported", "Warned", "Stopped", "Finished", "Failed")
)
NEVER_THINNED = frozenset(("Started", "PhaseStarted", "Measured", "Exported", "Stopped", "Finished", "Failed"))

Listener = Callable[[RunEvent], None]


class Recorder:
    """Numbers events, hands each to the listener at once and to the store in batches, from a thread of its own.

    The same thread says that the runs are alive and passes on what other processes ask for.

    Args:
        store: where events are kept.
        listener: told each event in the caller's thread.
        run_id: the job's run, whose wishes are obeyed.
        on_wish: told "pause", "go" or "stop", in the recorder's thread.
    """

    def __init__(self, store: Store, listener: Listener, run_id: str, on_wish: Callable[[str], None]) -> None:
        self._store = store
        self._listener = listener
        self._run_id = run_id
        self._on_wish = on_wish
        self._waiting: list[RunEvent] = []
        self._last_seq: dict[str, int] = {}
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._error: StorageError | None = None
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._hurry = self._closed = False
        self._thread = threading.Thread(target=self._write, name="run-recorder", daemon=True)
        self._thread.start()

    def emit(self, run_id: str, event: Event, *, insist: bool = False) -> None:
        """Takes in an event; some are left out to keep a long run's history bounded.

        Args:
            run_id: whose it is: the job's run or its baseline.
            event: what it says.
            insist: take it even if earlier ones could not be stored.

        Raises:
            StorageError: if earlier events could not be stored, or the listener could not write.
        """
        if self._error is not None and not insist:
            raise self._error
        if not self._is_kept(run_id, event):
            return
        numbered = RunEvent(run_id, self._next_seq(run_id), time.time(), event)
        with self._news:
            self._waiting.append(numbered)
            if event.kind in AT_ONCE:
                self._hurry = True
                self._news.notify()
        self._tell(numbered)

    def flush(self) -> None:
        """Stores what waits, now; new events may come in meanwhile.

        Raises:
            StorageError: if it cannot.
        """
        with self._writing:
            with self._news:
                events, self._waiting = self._waiting, []
            try:
                self._store.append_numbered(events)
            except StorageError as error:
                with self._news:
                    self._waiting = events + self._waiting
                self._error = error
                raise

    def close(self) -> None:
        """Ends the thread and stores the rest; raises StorageError if it cannot."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()
        self.flush()

    def _next_seq(self, run_id: str) -> int:
        if run_id not in self._last_seq:
            self._last_seq[run_id] = self._store.pulse(run_id).last_seq
        self._last_seq[run_id] += 1
        return self._last_seq[run_id]

    def _is_kept(self, run_id: str, event: Event) -> bool:
        """Of each kind the first thousand, then one in 10, after ten thousand one in 100."""
        kind = event.kind
        if kind in NEVER_THINNED or getattr(event, "best", False) or getattr(event, "split", "") == "test":
            return True
        key = (run_id, kind, getattr(event, "who", ""))
        self._seen[key] += 1
        count = self._seen[key]
        return count % (1 if count <= 1_000 else 10 if count <= 10_000 else 100) == 0

    def _tell(self, event: RunEvent) -> None:
        try:
            self._listener(event)
        except OSError as error:
            raise StorageError(
                f"What the run reports cannot be written ({error.strerror or error}). Free some space and resume it."
            ) from error
        except StorageError:
            raise
        except Exception:
            logging.getLogger(__name__).exception("A listener failed on %s; the run goes on", event.event.kind)

    def _write(self) -> None:
        asked = time.monotonic()
        while True:
            with self._news:
                self._news.wait_for(lambda: self._hurry or self._closed, timeout=FLUSH_SECONDS)
                self._hurry = False
                if self._closed:
                    return
            try:
                self.flush()
                if time.monotonic() - asked >= WISH_SECONDS:
                    asked = time.monotonic()
                    if wish := self._store.take_wish(self._run_id):
                        self._on_wish(wish)
            except StorageError as error:
                self._error = error
                return
            except Exception as error:
                logging.getLogger(__name__).exception("The run's events cannot be stored")
                self._error = StorageError(f"The run's events cannot be stored ({type(error).__name__}: {error}).")
                return
