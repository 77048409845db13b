"""The runs that are kept: in SQLite by default, or in any database that SQLAlchemy speaks to.

Several processes use one store at once (the app and a terminal, say). Every write is one short transaction whose first
statement is a write, so SQLite's busy timeout covers it.

Whatever the database does, a reader or writer meets only this project's errors: `StorageError` where the database or a
folder refuses, is damaged or too new, and plain `DistillError` for an id that no run has.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from distill_core.cards import parted
from distill_core.config import DistillConfig
from distill_core.errors import DistillError, StorageError
from distill_core.events import Event
from distill_core.home import RUN_ID, default_home, writable_folder
from distill_core.runs.database import Database, count
from distill_core.runs.event_log import EventLog, no_such_run
from distill_core.runs.fork_files import needed_by, remove_unneeded
from distill_core.runs.owner import is_gone, is_here, read_owner, this_process
from distill_core.runs.plain import plain
from distill_core.runs.records import Pulse, Role, RunEvent, RunRecord
from distill_core.runs.remarks import Remarks, aside
from distill_core.runs.rows import readable, record_of
from distill_core.runs.schema import RunRow
from distill_core.runs.status import LIVE, OVER, RESUMABLE, Status, predecessors

LOST_AFTER = 600.0
"""Seconds without a heartbeat after which a run of ANOTHER computer counts as interrupted."""

KEPT_ASIDE = 7 * 86_400.0
"""Seconds for which a run that was put aside can still be brought back."""

INTERRUPTED = (
    "The program that worked on this run was closed or killed. Resume goes on from the last checkpoint, or from the "
    "start if there is none yet."
)


class Store:
    """Runs and their events.

    Attributes:
        remarks: tags and notes, and what is put aside.

    Args:
        home: the workbench's folder; None takes `DISTILL_HOME`, else ``~/.distill``. Runs' folders lie in it.
        url: SQLAlchemy's URL of the database; None takes `DISTILL_DATABASE`, else ``distill.db`` in the home.

    Raises:
        StorageError: if the home cannot be written, or the database cannot be opened, is damaged or too new.
    """

    def __init__(self, home: Path | str | None = None, url: str | None = None) -> None:
        self.home = writable_folder(Path(home) if home else default_home())
        self.url = url or os.environ.get("DISTILL_DATABASE") or f"sqlite:///{self.home / 'distill.db'}"
        self._database = Database(self.url)
        self._events = EventLog(self._database)
        self.remarks = Remarks(self._database)

    def close(self) -> None:
        """Lets go of the database's connections."""
        self._database.close()

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
        stem = _slug("baseline" if role == "baseline" else name or "run", parted(config.student)[1])
        for attempt in range(20):
            run_id = f"{stem}-{secrets.token_hex(2 if attempt < 10 else 5)}"
            try:
                with self._database.session() as session:
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
            StorageError: also if it cannot be read.
        """
        with self._database.session() as session:
            row = session.get(RunRow, run_id) if RUN_ID.match(run_id) else None
            if row is None:
                raise no_such_run(run_id)
            return record_of(row, self.home)

    def list(
        self, role: Role | None = None, limit: int | None = None, *, put_aside: bool = False
    ) -> Sequence[RunRecord]:
        """The runs, newest first; those that this version cannot read are left out.

        Args:
            role: of these alone.
            limit: how many at most.
            put_aside: only runs that are put aside, in place of those that are not.
        """
        which = RunRow.id.in_(aside()) if put_aside else RunRow.id.not_in(aside())
        query = select(RunRow).where(which).order_by(RunRow.created.desc(), RunRow.id).limit(limit)
        if role is not None:
            query = query.where(RunRow.role == role)
        with self._database.session() as session:
            return list(readable(session.scalars(query), self.home))

    def ended_since(self, moment: float) -> Sequence[RunRecord]:
        """The runs, without baselines, that ended after a moment (seconds since 1970), the first to end first."""
        query = select(RunRow).where(
            RunRow.status.in_(OVER), RunRow.role == "run", RunRow.ended > moment, RunRow.id.not_in(aside())
        )
        with self._database.session() as session:
            return list(readable(session.scalars(query.order_by(RunRow.ended, RunRow.id)), self.home))

    def rename(self, run_id: str, name: str) -> None:
        """Gives a run another name for people; "" takes its configuration's again.

        Its configuration, its fingerprint and its id stay.

        Raises:
            DistillError: if there is none of this id.
        """
        name = " ".join(name.split())[:80] or self.get(run_id).config.name[:80]
        if self._database.write(update(RunRow).where(RunRow.id == run_id).values(name=name)) == 0:
            raise no_such_run(run_id)

    def delete(self, run_id: str) -> None:
        """Removes a run, its events and its folder.

        Raises:
            DistillError: if it is still going on, or there is none of this id.
            StorageError: if its folder cannot be removed.
        """
        record = self.get(run_id)
        if not self._remove(record):
            raise DistillError(f"The run {run_id} is {record.status}. Stop it first, then delete it.")

    def purge(self, seconds: float = KEPT_ASIDE) -> Sequence[str]:
        """Removes the runs that were put aside so long ago, and returns their ids; one that cannot go stays."""
        before, gone = time.time() - seconds, []
        with self._database.session() as session:
            waiting = list(session.scalars(aside(before)))
        for run_id in waiting:
            try:
                if self._remove(self.get(run_id), RunRow.id.in_(aside(before))):
                    gone.append(run_id)
            except DistillError as error:
                logging.getLogger(__name__).warning("%s", error)
        return gone

    def _remove(self, record: RunRecord, *conditions: Any) -> bool:
        """Removes a run that is over and meets the conditions, with what no other begins with; says whether it did."""
        forks = needed_by(record.config, self.home) if record.role == "run" else []
        gone = delete(RunRow).where(RunRow.id == record.id, RunRow.status.in_(OVER), *conditions)
        with self._database.session() as session:
            session.execute(update(RunRow).where(RunRow.baseline_id == record.id).values(baseline_id=None))
            if count(session, gone) == 0:
                return False
            session.commit()
            others = list(session.scalars(select(RunRow.config).where(RunRow.role == "run"))) if forks else []
        remove_unneeded(forks, self.home, others)
        try:
            shutil.rmtree(record.folder, ignore_errors=False) if record.folder.exists() else None
        except OSError as error:
            raise StorageError(
                f"Cannot remove {record.folder} ({error.strerror or error}). Remove it by hand."
            ) from None
        return True

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
        return self._database.write(change) == 1

    def requeue(self, run_id: str) -> bool:
        """Puts a stopped, failed or interrupted run into this process's queue; False if it is none of these.

        One that was put aside is brought back.
        """
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
        self.remarks.bring_back(run_id)
        return self._database.write(change) == 1

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
        return self._database.write(change.values(**values)) == 1

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
        return self._database.write(change) == 1

    def set_summary(self, run_id: str, summary: dict[str, Any]) -> bool:
        """Replaces the results of a finished run, to add what was made of it later; False if it is not finished."""
        change = update(RunRow).where(RunRow.id == run_id, RunRow.status == "finished")
        return self._database.write(change.values(summary=json.dumps(plain(summary)))) == 1

    def set_baseline(self, run_id: str, baseline_id: str | None) -> None:
        """Says which run is this one's baseline."""
        self._database.write(update(RunRow).where(RunRow.id == run_id).values(baseline_id=baseline_id))

    def adopt(self) -> Sequence[str]:
        """Marks runs whose process is gone as interrupted, and returns their ids.

        On this computer a process is gone if its number is free or belongs to another one by now; on another computer,
        if it gave no sign of life for `LOST_AFTER` seconds. Runs of processes that live are left alone.
        """
        with self._database.session() as session:
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
        self._database.write(update(RunRow).where(RunRow.id == run_id, RunRow.status.in_(LIVE)).values(wish=wish))

    def take_wish(self, run_id: str) -> str:
        """What another process asks of this run, or ""; says at the same time that this process's runs are alive."""
        self._database.write(
            update(RunRow)
            .where(RunRow.owner == this_process().token(), RunRow.status.in_(LIVE))
            .values(heartbeat=time.time())
        )
        with self._database.session() as session:
            wish = session.scalar(select(RunRow.wish).where(RunRow.id == run_id)) or ""
        if wish:
            self._database.write(update(RunRow).where(RunRow.id == run_id, RunRow.wish == wish).values(wish=""))
        return wish

    # Events

    def append_events(self, run_id: str, events: Sequence[Event]) -> int:
        """Adds events after those a run has, and returns the last one's number."""
        return self._events.append(run_id, events)

    def append_numbered(self, events: Sequence[RunEvent]) -> None:
        """Adds events that have their numbers already, in one transaction.

        Raises:
            StorageError: also if another process wrote an event of the same number.
        """
        self._events.append_numbered(events)

    def events(self, run_id: str, since: int = 0) -> Sequence[RunEvent]:
        """A run's events after number `since`, in order; kinds that this version does not know are left out."""
        return self._events.after(run_id, since)

    def pulse(self, run_id: str) -> Pulse:
        """A run's state and its last event's number, in one cheap query.

        Raises:
            DistillError: if there is no such run.
        """
        return self._events.pulse(run_id)

    def last_seqs(self, run_ids: Sequence[str]) -> dict[str, int]:
        """The number of each run's last event, in one query; runs without events are left out."""
        return self._events.last_seqs(run_ids)

    def events_of_kind(self, run_ids: Sequence[str], kind: str) -> Sequence[RunEvent]:
        """The events of one kind of many runs, in one query, each run's in order."""
        return self._events.of_kind(run_ids, kind)

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
        with self._database.session() as session:
            return next(readable(session.scalars(query.order_by(RunRow.ended.desc())), self.home), None)

    def find_resumable_baseline(self, fingerprint: str) -> RunRecord | None:
        """The newest baseline with these settings that was left half-way and has a checkpoint."""
        query = select(RunRow).where(
            RunRow.fingerprint == fingerprint,
            RunRow.role == "baseline",
            RunRow.status.in_(RESUMABLE),
            RunRow.id.not_in(aside()),
        )
        with self._database.session() as session:
            records = list(readable(session.scalars(query.order_by(RunRow.created.desc())), self.home))
        return next((record for record in records if record.has_checkpoint), None)


def _slug(name: str, student: str) -> str:
    """Readable and fit for an id: at most 24 characters of the name and 24 of the student."""
    parts = [re.sub(r"[^a-z0-9]+", "-", text.lower())[:24].strip("-") for text in (name, student)]
    return "-".join(part for part in parts if part) or "run"


def _is_lost(token: str, heartbeat: float) -> bool:
    owner = read_owner(token)
    if owner is None:
        return True
    return is_gone(owner) if is_here(owner) else time.time() - heartbeat > LOST_AFTER
