"""What people say of runs: tags, a note, and which are put aside to be deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from distill_core.errors import DistillError
from distill_core.runs.database import Database, count
from distill_core.runs.event_log import no_such_run
from distill_core.runs.schema import RemarkRow, RunRow
from distill_core.runs.status import OVER

MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 20, 30, 4000


class Remarks:
    """Remarks in a database; a run without any has no row.

    Every method raises DistillError if there is no such run.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tag(self, run_id: str, tags: Iterable[str]) -> None:
        """Replaces a run's tags; see `tidy`."""
        self._write(run_id, tags=json.dumps(tidy(tags)))

    def note(self, run_id: str, note: str) -> None:
        """Replaces a run's note."""
        self._write(run_id, note=note.strip()[:LONGEST_NOTE])

    def put_aside(self, run_id: str) -> None:
        """Marks a run as deleted: no list has it, but it can be brought back.

        Raises:
            DistillError: also if it is still going on.
        """
        over = update(RunRow).where(RunRow.id == run_id, RunRow.status.in_(OVER)).values(wish="")
        if not self._write(run_id, over, deleted=time.time()):
            raise DistillError(f"The run {run_id} is still going on. Stop it first, then delete it.")

    def bring_back(self, run_id: str) -> None:
        """Undoes `put_aside`; nothing happens to a run that is not put aside."""
        self._database.write(update(RemarkRow).where(RemarkRow.run_id == run_id).values(deleted=None))

    def _write(self, run_id: str, condition: Any = None, **values: Any) -> bool:
        """Changes the row or makes it, in one transaction; False if the condition, itself a change, met no row."""
        for _ in range(2):  # the second time, if another process made the row meanwhile
            try:
                with self._database.session() as session:
                    if condition is not None and count(session, condition) == 0:
                        self._be_there(session, run_id)
                        return False
                    if count(session, update(RemarkRow).where(RemarkRow.run_id == run_id).values(**values)) == 0:
                        session.execute(insert(RemarkRow).values(run_id=run_id, **values))
                    session.commit()
            except IntegrityError:
                continue
            return True
        raise no_such_run(run_id)

    def _be_there(self, session: Session, run_id: str) -> None:
        if session.scalar(select(RunRow.id).where(RunRow.id == run_id)) is None:
            raise no_such_run(run_id)


def aside(before: float | None = None) -> Select[str]:
    """The ids of the runs that are put aside: all, or those that were so before a moment."""
    if before is None:
        return select(RemarkRow.run_id).where(RemarkRow.deleted.is_not(None))
    return select(RemarkRow.run_id).where(RemarkRow.deleted < before)


def tidy(tags: Iterable[str]) -> list[str]:
    """Tags without spaces around them and without doubles, in the order given; long ones are cut, as are many."""
    clean = (" ".join(tag.split())[:LONGEST_TAG].strip() for tag in tags)
    return list(dict.fromkeys(tag for tag in clean if tag))[:MOST_TAGS]
