"""The stored events of all runs: each run's are numbered from 1, and only ever added to."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from distill_core.errors import DistillError, StorageError
from distill_core.events import Event
from distill_core.runs.database import Database
from distill_core.runs.records import Pulse, RunEvent
from distill_core.runs.rows import events_of, kind_begins, row_of
from distill_core.runs.schema import EventRow, RunRow


class EventLog:
    """Events in a database; `Store` is the way to use it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, run_id: str, events: Sequence[Event]) -> int:
        """Adds events after those a run has, and returns the last one's number.

        Raises:
            StorageError: also if there is no such run.
        """
        try:
            with self._database.session() as session:
                session.execute(update(RunRow).where(RunRow.id == run_id).values(heartbeat=time.time()))
                last, now = _last_seq(session, run_id), time.time()
                rows = [row_of(RunEvent(run_id, last + index, now, event)) for index, event in enumerate(events, 1)]
                if rows:
                    session.execute(insert(EventRow), rows)
                session.commit()
        except IntegrityError:
            raise _clash({run_id}) from None
        return last + len(rows)

    def append_numbered(self, events: Sequence[RunEvent]) -> None:
        """Adds events that have their numbers already, in one transaction.

        Raises:
            StorageError: also if another process wrote an event of the same number, or deleted the run.
        """
        if not events:
            return
        try:
            with self._database.session() as session:
                session.execute(insert(EventRow), [row_of(event) for event in events])
                session.commit()
        except IntegrityError:
            raise _clash({event.run_id for event in events}) from None

    def after(self, run_id: str, since: int) -> Sequence[RunEvent]:
        """A run's events after number `since`, in order."""
        query = (
            select(EventRow.seq, EventRow.time, EventRow.data)
            .where(EventRow.run_id == run_id, EventRow.seq > since)
            .order_by(EventRow.seq)
        )
        with self._database.session() as session:
            rows = [(row.seq, row.time, row.data) for row in session.execute(query)]
        return events_of(run_id, rows)

    def last_seqs(self, run_ids: Sequence[str]) -> dict[str, int]:
        """The number of each run's last event; runs without events are left out."""
        query = select(EventRow.run_id, func.max(EventRow.seq)).where(EventRow.run_id.in_(run_ids))
        with self._database.session() as session:
            return {row[0]: row[1] for row in session.execute(query.group_by(EventRow.run_id))}

    def of_kind(self, run_ids: Sequence[str], kind: str) -> Sequence[RunEvent]:
        """The events of one kind of many runs, each run's in order."""
        query = (
            select(EventRow.run_id, EventRow.seq, EventRow.time, EventRow.data)
            .where(EventRow.run_id.in_(run_ids), EventRow.data.startswith(kind_begins(kind), autoescape=True))
            .order_by(EventRow.run_id, EventRow.seq)
        )
        with self._database.session() as session:
            rows = [(row.run_id, (row.seq, row.time, row.data)) for row in session.execute(query)]
        return [event for run_id, row in rows for event in events_of(run_id, [row])]

    def pulse(self, run_id: str) -> Pulse:
        """A run's state and its last event's number, in one cheap query.

        Raises:
            DistillError: if there is no such run.
        """
        last = select(func.max(EventRow.seq)).where(EventRow.run_id == run_id).scalar_subquery()
        query = select(RunRow.status, RunRow.baseline_id, last.label("last")).where(RunRow.id == run_id)
        with self._database.session() as session:
            row = session.execute(query).first()
        if row is None:
            raise no_such_run(run_id)
        return Pulse(row.status, row.last or 0, row.baseline_id)


def no_such_run(run_id: str) -> DistillError:
    """The error for an id that no run has."""
    return DistillError(f"There is no run {run_id!r}. It may have been deleted; see the list of runs.")


def _last_seq(session: Session, run_id: str) -> int:
    return session.scalar(select(func.max(EventRow.seq)).where(EventRow.run_id == run_id)) or 0


def _clash(run_ids: set[str]) -> StorageError:
    return StorageError(
        f"Another process deleted the run {', '.join(sorted(run_ids))} or writes its events too. "
        "Let one process work on it."
    )
