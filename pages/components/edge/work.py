"""What is done beside the Edge page: making a run's file, and measuring it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distill_core.edge.jobs import ShouldStop
from distill_core.events import Event, Preparing
from distill_core.runs import at_rest
from distill_core.runs.records import RunRecord
from pages.components.beside import Work
from pages.components.jobs import manager


def key_of(what: str, record: RunRecord) -> str:
    """The key of a piece of work on a run."""
    return f"edge-{what}-{record.id}"


def file_work(record: RunRecord) -> Work:
    """Makes the file and measures it; refuses while a run works."""
    return _work(at_rest.make_file, record)


def measure_work(record: RunRecord) -> Work:
    """Measures the file beside its teacher; refuses while a run works."""
    return _work(at_rest.measure_again, record)


def _work(do: Callable[..., dict[str, Any]], record: RunRecord) -> Work:
    store = manager().store

    def work(should_stop: ShouldStop, say: Callable[[str], None]) -> dict[str, Any]:
        def hear(event: Event) -> None:
            if isinstance(event, Preparing):
                say(event.what)

        return do(record, store, should_stop, hear)

    return work
