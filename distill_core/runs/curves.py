"""What validation said of many runs at once: the small curves of a table."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from distill_core.events import Event
from distill_core.runs.store import Store


class Curves:
    """Validation accuracies of runs, kept in memory; of a run without news nothing is read again.

    Args:
        store: of the runs.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, list[float]]] = {}
        self._lock = threading.Lock()

    def of(self, run_ids: Sequence[str]) -> dict[str, list[float]]:
        """Each run's accuracies 0..1, one an epoch; none before its first epoch.

        Two queries, however many runs there are: which have news, and the scores of those.
        """
        last = self._store.last_seqs(run_ids)
        with self._lock:
            with_news = [run_id for run_id in run_ids if self._seen(run_id) != last.get(run_id, 0)]
            if with_news:
                said: dict[str, list[Event]] = {run_id: [] for run_id in with_news}
                for each in self._store.events_of_kind(with_news, "Evaluated"):
                    said[each.run_id].append(each.event)
                for run_id, events in said.items():
                    self._known[run_id] = (last.get(run_id, 0), validation(events))
            return {run_id: self._known[run_id][1] for run_id in run_ids}

    def _seen(self, run_id: str) -> int:
        return self._known.get(run_id, (-1, []))[0]


def validation(events: Iterable[Event]) -> list[float]:
    """The student's accuracies on validation in order; those of steps that were taken again count once."""
    found: list[tuple[int, float]] = []
    for event in events:
        said: Any = event
        if event.kind != "Evaluated" or said.who != "student" or said.split != "validation":
            continue
        while found and found[-1][0] >= said.step:
            found.pop()
        found.append((said.step, said.accuracy))
    return [accuracy for _, accuracy in found]
