"""Between the tables' rows and what readers get; a row that cannot be read is an error in a sentence."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, StorageError
from distill_core.events import from_dict
from distill_core.runs.plain import plain
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.schema import RunRow


def record_of(row: RunRow, home: Path) -> RunRecord:
    """A run's row as a record.

    Raises:
        StorageError: if its configuration, its summary or its tags cannot be read.
    """
    try:
        config = _config(row.config)
        summary = json.loads(row.summary) if row.summary else None
        tags = tuple(json.loads(row.remark.tags)) if row.remark else ()
    except (ConfigError, ValueError, TypeError) as error:
        raise StorageError(
            f"What is stored of the run {row.id} cannot be read ({error}). Another version of the workbench made it, "
            f"or the database is damaged. The other runs are not touched; its files are in {home / 'runs' / row.id}."
        ) from None
    return RunRecord(
        id=row.id,
        name=row.name,
        role=row.role,  # type: ignore[arg-type]
        status=row.status,  # type: ignore[arg-type]
        config=config,
        fingerprint=row.fingerprint,
        baseline_id=row.baseline_id,
        created=row.created,
        started=row.started,
        ended=row.ended,
        summary=summary,
        error=row.error,
        details=row.details,
        folder=home / "runs" / row.id,
        owner=row.owner,
        tags=tags,
        note=row.remark.note if row.remark else "",
        deleted=row.remark.deleted if row.remark else None,
    )


@lru_cache(maxsize=2048)
def _config(text: str) -> DistillConfig:
    """Read once, for a table of many runs is read again and again; a configuration cannot change."""
    return DistillConfig.parse(json.loads(text))


def readable(rows: Iterable[RunRow], home: Path) -> Iterator[RunRecord]:
    """The records of the rows that can be read; the others are left out with a line in the log."""
    for row in rows:
        try:
            record = record_of(row, home)
        except StorageError as error:
            logging.getLogger(__name__).warning("%s", error)
        else:
            yield record


def row_of(event: RunEvent) -> dict[str, Any]:
    """An event as a row's columns."""
    data = json.dumps(event.event.to_dict(), default=plain)
    return {"run_id": event.run_id, "seq": event.seq, "time": event.time, "data": data}


def kind_begins(kind: str) -> str:
    """How the stored text of an event of a kind begins."""
    return json.dumps({"kind": kind}).removesuffix("}")


def events_of(run_id: str, rows: Iterable[tuple[int, float, str]]) -> list[RunEvent]:
    """The events in rows of ``(seq, time, data)``; those that this version cannot read are left out."""
    found = []
    for seq, moment, data in rows:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            found.append(RunEvent(run_id, seq, moment, from_dict(json.loads(data))))
    return found
