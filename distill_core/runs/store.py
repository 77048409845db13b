"""The runs that are kept: in SQLite by default, or in any database that SQLAlchemy speaks to.

Several processes use one store at once (the app and a terminal, say). Every write is one short transaction whose first
statement is a write, so SQLite's busy timeout covers it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError, StorageError
from distill_core.events import Event, from_dict
from distill_core.home import RUN_ID, default_home, writable_folder
from distill_core.runs.database import kind_errors, open_engine
from distill_core.runs.owner import is_gone, is_here, read_owner, this_process
from distill_core.runs.plain import plain
from distill_core.runs.records import Pulse, Role, RunEvent, RunRecord
from distill_core.runs.schema import EventRow, RunRow
from distill_core.runs.status import LIVE, OVER, RESUMABLE, Status, predecessors

LOST_AFTER = 600.0
"""Seconds without a heartbeat after which a run of ANOTHER computer counts as interrupted."""

INTERRUPTED = (
    "The program that worked on this run was closed or killed. Resume goes on from the last checkpoint, or from the "
    "start if there is none yet."
)


class Store:
    """Runs and their events.

    Args:
        home: the workbench's folder; None takes `DISTILL_HOME`, else ``~/.distill``. Runs' folders lie in it.
        url: SQLAlchemy's URL of the database; None takes `DISTILL_DATABASE`, else ``distill.db`` in the home.

    Raises:
        StorageError: if the home cannot be written, or the database cannot be opened, is damaged or too new.
    """

    def __init__(self, home: Path | str | None = None, url: str | None = None) -> None:
        self.home = writable_folder(Path(home) if home else default_home())
        self.url = url or os.environ.get("DISTILL_DATABASE") or f"sqlite:///{self.home / 'distill.db'}"
        self._engine: Engine = open_engine(self.url)

    def close(self) -> None:
        """Lets go of the database's connections."""
        self._engine.dispose()

    # Runs

    def create(self, config: DistillConfig, role: Role = "run", parent: str | None = None, name: str = "") -> str:
        """Stores a new queued run of this process and returns its id, such as ``quickstart-resnet8-w8-7f3a``.

        Args:
            config: what the run will do.
            role: "baseline" for one made to compare another with.
            parent: the run whose baseline this is.
            name: a label for people; "" takes the configuration's.
        """
        name = (name or config.name)[:80]
        now = time.time()
        stem = _slug("baseline" if role == "baseline" else name or "run", config.student)
        for attempt in range(20):
            run_id = f"{stem}-{secrets.token_hex(2 if attempt < 10 else 5)}"
            try:
                with self._session() as session:
                    session.add(
                        RunRow(
                            id=run_id,
                            name=name,
                            role=role,
                            status="queued",
                            config=config.to_json(),
                            fingerprint=config.fingerprint(),
                            created=now,
                            owner=this_process().token(),
                            heartbeat=now,
                            wish="",
                        )
                    )
                    session.flush()
                    if parent is not None:
                        session.execute(update(RunRow).where(RunRow.id == parent).values(baseline_id=run_id))
                    session.commit()
            except IntegrityError:
                continue
            return run_id
        raise StorageError(f"No free id was found for a run called {stem!r}. Delete some old runs of that name.")

    def get(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            DistillError: if there is none of this id.
        """
        with self._session() as session:
            row = session.get(RunRow, run_id) if RUN_ID.match(run_id) else None
            if row is None:
                raise DistillError(f"There is no run {run_id!r}. It may have been deleted; see the list of runs.")
            return self._record(row)

    def list(self, role: Role | None = None, limit: int | None = None) -> Sequence[RunRecord]:
        """The runs, newest first; those whose configuration this version cannot read are left out."""
        query = select(RunRow).order_by(RunRow.created.desc(), RunRow.id).limit(limit)
        if role is not None:
            query = query.where(RunRow.role == role)
        records = []
        with self._session() as session:
            for row in session.scalars(query):
                try:
                    records.append(self._record(row))
                except ConfigError as error:
                    logging.getLogger(__name__).warning("The run %s cannot be read: %s", row.id, error)
        return records

    def delete(self, run_id: str) -> None:
        """Removes a run, its events and its folder.

        Raises:
            DistillError: if it is still going on, or there is none of this id.
            StorageError: if its folder cannot be removed.
        """
        record = self.get(run_id)
        gone = delete(RunRow).where(RunRow.id == run_id, RunRow.status.in_(OVER))
        with self._session() as session:
            session.execute(update(RunRow).where(RunRow.baseline_id == run_id).values(baseline_id=None))
            if self._count(session, gone) == 0:
                raise DistillError(f"The run {run_id} is {record.status}. Stop it first, then delete it.")
            session.commit()
        try:
            shutil.rmtree(record.folder, ignore_errors=False) if record.folder.exists() else None
        except OSError as error:
            raise StorageError(
                f"Cannot remove {record.folder} ({error.strerror or error}). Remove it by hand."
            ) from None

    # Status

    def claim(self, run_id: str) -> bool:
        """Takes a run for this process and marks it running.

        Returns:
            False if another process has it, or it is finished.
        """
        me, now = this_process().token(), time.time()
        mine = (RunRow.status == "queued") & (RunRow.owner == me)
        change = (
            update(RunRow)
            .where(RunRow.id == run_id, mine | RunRow.status.in_(RESUMABLE))
            .values(
                status="running",
                owner=me,
                heartbeat=now,
                wish="",
                error=None,
                details=None,
                ended=None,
                started=func.coalesce(RunRow.started, now),
            )
        )
        return self._write(change) == 1

    def requeue(self, run_id: str) -> bool:
        """Puts a stopped, failed or interrupted run into this process's queue; False if it is none of these."""
        change = (
            update(RunRow)
            .where(RunRow.id == run_id, RunRow.status.in_(RESUMABLE))
            .values(
                status="queued",
                owner=this_process().token(),
                heartbeat=time.time(),
                wish="",
                error=None,
                details=None,
                ended=None,
            )
        )
        return self._write(change) == 1

    def set_status(
        self, run_id: str, status: Status, *, error: str | None = None, details: str | None = None, if_owner: str = ""
    ) -> bool:
        """Moves a run to another state if the rules allow it (see `status.may_follow`).

        Args:
            run_id: the run.
            status: where it goes.
            error: why, in a sentence for the user.
            details: the traceback.
            if_owner: move it only if this is still its owner's token.

        Returns:
            Whether it moved; False also if it was there already.
        """
        values: dict[str, Any] = {"status": status}
        if error is not None:
            values |= {"error": error, "details": details}
        if status in OVER:
            values |= {"ended": time.time(), "wish": ""}
        change = update(RunRow).where(RunRow.id == run_id, RunRow.status.in_(predecessors(status)))
        if if_owner:
            change = change.where(RunRow.owner == if_owner)
        return self._write(change.values(**values)) == 1

    def finish(self, run_id: str, summary: dict[str, Any], *, data_sha256: str, torch_version: str) -> bool:
        """Marks a run finished with its results; False if the rules do not allow it."""
        change = (
            update(RunRow)
            .where(RunRow.id == run_id, RunRow.status.in_(predecessors("finished")))
            .values(
                status="finished",
                ended=time.time(),
                wish="",
                error=None,
                summary=json.dumps(plain(summary)),
                data_sha256=data_sha256,
                torch_version=torch_version,
            )
        )
        return self._write(change) == 1

    def set_baseline(self, run_id: str, baseline_id: str | None) -> None:
        """Says which run is this one's baseline."""
        self._write(update(RunRow).where(RunRow.id == run_id).values(baseline_id=baseline_id))

    def adopt(self) -> Sequence[str]:
        """Marks runs whose process is gone as interrupted, and returns their ids.

        On this computer a process is gone if its number is free or belongs to another one by now; on another computer,
        if it gave no sign of life for `LOST_AFTER` seconds. Runs of processes that live are left alone.
        """
        with self._session() as session:
            query = select(RunRow.id, RunRow.owner, RunRow.heartbeat).where(RunRow.status.in_(LIVE))
            live = [(row.id, row.owner, row.heartbeat) for row in session.execute(query)]
        return [
            run_id
            for run_id, owner, heartbeat in live
            if _is_lost(owner, heartbeat) and self.set_status(run_id, "interrupted", error=INTERRUPTED, if_owner=owner)
        ]

    # Wishes of other processes

    def wish(self, run_id: str, wish: str) -> None:
        """Leaves "pause", "go" or "stop" for the process that works on a run."""
        self._write(update(RunRow).where(RunRow.id == run_id, RunRow.status.in_(LIVE)).values(wish=wish))

    def take_wish(self, run_id: str) -> str:
        """What another process asks of this run, or ""; says at the same time that this process's runs are alive."""
        self._write(
            update(RunRow)
            .where(RunRow.owner == this_process().token(), RunRow.status.in_(LIVE))
            .values(heartbeat=time.time())
        )
        with self._session() as session:
            wish = session.scalar(select(RunRow.wish).where(RunRow.id == run_id)) or ""
        if wish:
            self._write(update(RunRow).where(RunRow.id == run_id, RunRow.wish == wish).values(wish=""))
        return wish

    # Events

    def append_events(self, run_id: str, events: Sequence[Event]) -> int:
        """Adds events after those a run has, and returns the last one's number."""
        with self._session() as session:
            session.execute(update(RunRow).where(RunRow.id == run_id).values(heartbeat=time.time()))
            last = self._last_seq(session, run_id)
            now = time.time()
            rows = [_row(RunEvent(run_id, last + index, now, event)) for index, event in enumerate(events, start=1)]
            if rows:
                session.execute(insert(EventRow), rows)
            session.commit()
        return last + len(rows)

    def append_numbered(self, events: Sequence[RunEvent]) -> None:
        """Adds events that have their numbers already, in one transaction.

        Raises:
            StorageError: also if another process wrote an event of the same number.
        """
        if not events:
            return
        try:
            with self._session() as session:
                session.execute(insert(EventRow), [_row(event) for event in events])
                session.commit()
        except IntegrityError:
            runs = ", ".join(sorted({event.run_id for event in events}))
            raise StorageError(
                f"Another process deleted the run {runs} or writes its events too. Let one process work on it."
            ) from None

    def events(self, run_id: str, since: int = 0) -> Sequence[RunEvent]:
        """A run's events after number `since`, in order; kinds that this version does not know are left out."""
        query = (
            select(EventRow.seq, EventRow.time, EventRow.data)
            .where(EventRow.run_id == run_id, EventRow.seq > since)
            .order_by(EventRow.seq)
        )
        found = []
        with self._session() as session:
            for seq, moment, data in session.execute(query):
                with contextlib.suppress(KeyError, TypeError):
                    found.append(RunEvent(run_id, seq, moment, from_dict(json.loads(data))))
        return found

    def pulse(self, run_id: str) -> Pulse:
        """A run's state and its last event's number, in one cheap query.

        Raises:
            DistillError: if there is no such run.
        """
        last = select(func.max(EventRow.seq)).where(EventRow.run_id == run_id).scalar_subquery()
        with self._session() as session:
            row = session.execute(
                select(RunRow.status, RunRow.baseline_id, last.label("last")).where(RunRow.id == run_id)
            ).first()
        if row is None:
            raise DistillError(f"There is no run {run_id!r}. It may have been deleted; see the list of runs.")
        return Pulse(row.status, row.last or 0, row.baseline_id)

    # Runs of the same settings

    def find_finished(
        self, fingerprint: str, data_sha256: str | None = None, torch_version: str | None = None
    ) -> RunRecord | None:
        """The newest finished run with these settings, on this data and this torch if they are given."""
        query = select(RunRow).where(RunRow.fingerprint == fingerprint, RunRow.status == "finished")
        if data_sha256 is not None:
            query = query.where(RunRow.data_sha256 == data_sha256)
        if torch_version is not None:
            query = query.where(RunRow.torch_version == torch_version)
        with self._session() as session:
            row = session.scalars(query.order_by(RunRow.ended.desc()).limit(1)).first()
            return self._record(row) if row else None

    def find_resumable_baseline(self, fingerprint: str) -> RunRecord | None:
        """The newest baseline with these settings that was left half-way and has a checkpoint."""
        query = select(RunRow).where(
            RunRow.fingerprint == fingerprint, RunRow.role == "baseline", RunRow.status.in_(RESUMABLE)
        )
        with self._session() as session:
            records = [self._record(row) for row in session.scalars(query.order_by(RunRow.created.desc()))]
        return next((record for record in records if record.has_checkpoint), None)

    # Inside

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        """A session whose database errors become sentences; uniqueness is the caller's matter."""
        clash: IntegrityError | None = None
        with kind_errors(self.url), Session(self._engine, expire_on_commit=False) as session:
            try:
                yield session
            except IntegrityError as error:
                clash = error
        if clash is not None:
            raise clash

    def _write(self, change: Any) -> int:
        with self._session() as session:
            count = self._count(session, change)
            session.commit()
        return count

    @staticmethod
    def _count(session: Session, change: Any) -> int:
        result = session.execute(change, execution_options={"synchronize_session": False})
        assert isinstance(result, CursorResult)
        return int(result.rowcount)

    @staticmethod
    def _last_seq(session: Session, run_id: str) -> int:
        return session.scalar(select(func.max(EventRow.seq)).where(EventRow.run_id == run_id)) or 0

    def _record(self, row: RunRow) -> RunRecord:
        return RunRecord(
            id=row.id,
            name=row.name,
            role=row.role,  # type: ignore[arg-type]
            status=row.status,  # type: ignore[arg-type]
            config=DistillConfig.parse(json.loads(row.config)),
            fingerprint=row.fingerprint,
            baseline_id=row.baseline_id,
            created=row.created,
            started=row.started,
            ended=row.ended,
            summary=json.loads(row.summary) if row.summary else None,
            error=row.error,
            details=row.details,
            folder=self.home / "runs" / row.id,
            owner=row.owner,
        )


def _slug(name: str, student: str) -> str:
    """Readable and fit for an id: at most 24 characters of the name and 24 of the student."""
    parts = [re.sub(r"[^a-z0-9]+", "-", text.lower())[:24].strip("-") for text in (name, student)]
    return "-".join(part for part in parts if part) or "run"


def _row(event: RunEvent) -> dict[str, Any]:
    data = json.dumps(event.event.to_dict(), default=plain)
    return {"run_id": event.run_id, "seq": event.seq, "time": event.time, "data": data}


def _is_lost(token: str, heartbeat: float) -> bool:
    owner = read_owner(token)
    if owner is None:
        return True
    return is_gone(owner) if is_here(owner) else time.time() - heartbeat > LOST_AFTER
