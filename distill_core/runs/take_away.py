"""What a run leaves to take away, each as a file; `parcel` packs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from distill_core.cards import CARD, WEIGHTS, read_card, to_json_bytes
from distill_core.errors import DistillError
from distill_core.runs.artefact import FILE_NAME, file_of
from distill_core.runs.model_card import model_card
from distill_core.runs.publish import portable, portable_card, provenance
from distill_core.runs.records import RunRecord

CONFIGURATION, README = "config.json", "MODEL_CARD.md"


@dataclass(frozen=True)
class TakeAway:
    """A file of a run.

    Attributes:
        name: of the file.
        title: on its button.
        mime: its type.
        read: gives its bytes; may raise DistillError.
        bytes: its size where that is known without reading it.
        path: where it lies, if it is on disk as it is.
    """

    name: str
    title: str
    mime: str
    read: Callable[[], bytes]
    bytes: int | None = None
    path: Path | None = None


def take_aways(record: RunRecord) -> list[TakeAway]:
    """The files of a run that are there, to use its model elsewhere; card and settings hold no path of this machine."""
    binary, text = "application/octet-stream", "application/json"
    on_disk = [
        (FILE_NAME, "ONNX", file_of(record)),
        (WEIGHTS, "Weights", record.folder / "best" / WEIGHTS),
    ]
    files = [
        TakeAway(name, title, binary, _reader(path), path.stat().st_size, path)
        for name, title, path in on_disk
        if path.is_file()
    ]
    if (record.folder / "best" / CARD).is_file():
        files.append(TakeAway(CARD, "Facts (card.json)", text, lambda: _card(record)))
        if record.summary is not None:
            files.append(TakeAway(README, "Model card", "text/markdown", lambda: model_card(record).encode()))
    configuration = portable(record.config).to_json().encode()
    return [*files, TakeAway(CONFIGURATION, "Settings", text, lambda: configuration, len(configuration))]


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise DistillError(f"{path.name} cannot be read ({error.strerror}). Make the file again.") from None

    return read


def _card(record: RunRecord) -> bytes:
    card = portable_card(read_card(record.folder / "best"))
    made = provenance(record, card)
    return to_json_bytes(card.model_copy(update={"provenance": made}).model_dump(mode="json"))
