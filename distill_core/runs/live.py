"""A run's history in memory, so that a look without news costs microseconds."""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_right
from collections.abc import Iterable

from distill_core.runs.progress import Track, progress_of
from distill_core.runs.records import RunEvent, RunRecord, Snapshot

SPAN = 10_000_000
"""More than a run ever has events; a position is the run's own last number times this, plus its baseline's."""
MARKS = 2**32
"""A cursor is a position times this, plus the mark of the baseline that it counts: a run's baseline may be replaced."""


class History:
    """The events of one run, kept in order; writers are serialised, readers get tuples.

    It is bounded because the recorder thins long runs. `ours` says that this process works on the run and tells it
    all news; otherwise it is topped up from the store.
    """

    def __init__(self, record: RunRecord, *, ours: bool) -> None:
        self.record = record
        self.ours = ours
        self.baseline: History | None = None
        self._events: list[RunEvent] = []
        self._track = Track()
        self._lock = threading.Lock()
        self._quiet: tuple[tuple[object, ...], Snapshot] | None = None

    @property
    def last_seq(self) -> int:
        """The number of this run's last event; 0 before the first."""
        return self._events[-1].seq if self._events else 0

    @property
    def cursor(self) -> int:
        """Where a reader who has seen everything stands."""
        return self._cursor(self.baseline)

    def extend(self, events: Iterable[RunEvent]) -> None:
        """Takes in events; those it has already are left out."""
        with self._lock:
            for event in events:
                if event.seq > self.last_seq:
                    self._track.see(event.event)
                    self._events.append(event)

    def since(self, seq: int) -> tuple[RunEvent, ...]:
        """The events after number `seq`."""
        with self._lock:
            return tuple(self._events[bisect_right(self._events, seq, key=lambda event: event.seq) :])

    def snapshot(self, since: int = 0) -> Snapshot:
        """The run now, with the news of it and its baseline after the cursor `since`."""
        baseline = self.baseline
        cursor = self._cursor(baseline)
        quiet = self._still(cursor, baseline)
        if since == cursor:
            return quiet
        own_seen, baseline_seen, seen_mark = _taken_apart(since)
        own_now, baseline_now, mark = _taken_apart(cursor)
        # The cursor was read first, so an event that comes in between is told again rather than lost.
        news = [event for event in self.since(own_seen) if event.seq <= own_now]
        if baseline is not None:
            known = baseline_seen if seen_mark == mark else 0
            news += [event for event in baseline.since(known) if event.seq <= baseline_now]
        news.sort(key=lambda event: event.time)
        return Snapshot(quiet.record, cursor, quiet.progress, tuple(news))

    def _cursor(self, baseline: History | None) -> int:
        if baseline is None:
            return self.last_seq * SPAN * MARKS
        return (self.last_seq * SPAN + baseline.last_seq) * MARKS + zlib.crc32(baseline.record.id.encode())

    def _still(self, cursor: int, baseline: History | None) -> Snapshot:
        """The snapshot without news, made once for each state of things."""
        baseline_record = baseline.record if baseline is not None else None
        key: tuple[object, ...] = (cursor, self.record, baseline_record)
        if self._quiet is not None and all(
            old is new or old == new for old, new in zip(self._quiet[0], key, strict=True)
        ):
            return self._quiet[1]
        track = baseline._track if baseline is not None else None
        made = Snapshot(self.record, cursor, progress_of(self.record, self._track, track, baseline_record))
        self._quiet = (key, made)
        return made


def _taken_apart(cursor: int) -> tuple[int, int, int]:
    """A cursor's parts: the run's last number, its baseline's, and the mark of which baseline that is."""
    position, mark = divmod(cursor, MARKS)
    return *divmod(position, SPAN), mark
