"""Measuring while nothing trains here: a training beside it would make every figure too high."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from distill_core.errors import DistillError
from distill_core.runs.manager import training_lock
from distill_core.runs.store import Store

BUSY = ("running", "stopping")


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Holds off this process's next run until it is over.

    Raises:
        DistillError: if a run works now, here or in another process that shares the store.
    """
    refused = busy_with(store)
    lock = training_lock()
    if refused is not None or not lock.acquire(blocking=False):
        raise DistillError(refused or "Something else is being measured or made here. Ask again when it is done.")
    try:
        yield
    finally:
        lock.release()


def busy_with(store: Store) -> str | None:
    """Why nothing can be measured now, in a sentence; None if it can."""
    store.adopt()
    for record in store.list():
        if record.status in BUSY or record.status == "paused":
            return _sentence(f" ({record.name or record.id})")
    return None


def _sentence(which: str) -> str:
    return (
        f"A run is at work{which}. Beside it nothing can be measured: each would slow the other down. Wait for its "
        "end, or stop it, and ask again."
    )
