"""A run in one file to take away: settings, results, events, weights and the exported model."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from distill_core.errors import DistillError
from distill_core.runs.plain import plain
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.take_away import TakeAway, take_aways

CONTENTS = (
    "Settings, results, tags and note, every event (`events.jsonl`), the validation curve (`validation.csv`), and the "
    "ONNX file, the best weights and the model card if there are any."
)


def pack(run_id: str, files: Iterable[TakeAway], into: BinaryIO) -> None:
    """Writes a zip file: a folder named as the run, with these files in it.

    Args:
        run_id: of the run.
        files: `take_away.take_aways`, or `whole_run`.
        into: where the bytes go; a file rather than memory, for weights may be large.

    Raises:
        DistillError: if one of them cannot be read.
    """
    with ZipFile(into, "w") as parcel:
        for each in files:
            place = f"{run_id}/{each.name}"
            if each.path is None:
                parcel.writestr(place, each.read(), compress_type=ZIP_DEFLATED)
                continue
            try:
                parcel.write(each.path, place, compress_type=ZIP_STORED)  # numbers do not get smaller by packing
            except OSError as error:
                raise DistillError(f"{each.name} cannot be read ({error.strerror}). Make the file again.") from None


def whole_run(record: RunRecord, events: Sequence[RunEvent]) -> Iterator[TakeAway]:
    """What there is to take away of a run, and all that is recorded of it.

    Args:
        record: the run.
        events: all of its own.
    """
    yield from take_aways(record)
    about = {
        "id": record.id,
        "name": record.name,
        "status": record.status,
        "created": record.created,
        "started": record.started,
        "ended": record.ended,
        "baseline": record.baseline_id,
        "error": record.error,
        "tags": list(record.tags),
        "note": record.note,
    }
    yield _text("run.json", "application/json", json.dumps(about, indent=2))
    if record.summary:
        yield _text("summary.json", "application/json", json.dumps(plain(record.summary), indent=2))
    if events:
        yield _text("events.jsonl", "application/jsonl", "".join(_line(event) for event in events))
    if scores := _table(events):
        yield _text("validation.csv", "text/csv", scores)


def _text(name: str, mime: str, text: str) -> TakeAway:
    content = text.encode()
    return TakeAway(name, name, mime, lambda: content, len(content))


def _line(event: RunEvent) -> str:
    data = {"seq": event.seq, "time": event.time, **event.event.to_dict()}
    return json.dumps(plain(data)) + "\n"


def _table(events: Sequence[RunEvent]) -> str:
    """One row a score: step, epoch, split, who, accuracy, loss."""
    scores = [event.event.to_dict() for event in events if event.event.kind == "Evaluated"]
    columns = ("step", "epoch", "split", "who", "accuracy", "loss", "train_accuracy")
    text = io.StringIO()
    table = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(scores)
    return text.getvalue() if scores else ""
