"""The three models of a finished run as ONNX files: the student's own, its teacher's and its baseline's.

The student's lies in the run's folder. The others are made once, in `cache/onnx` of the home, named by the weights they
hold: every run with the same teacher finds it there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill_core.cards import CARD, ModelCard, read_card
from distill_core.edge.jobs import ShouldStop, export_model, never
from distill_core.edge.report import facts_of
from distill_core.edge.tryout import make_teacher_file
from distill_core.errors import DistillError
from distill_core.home import writable_folder
from distill_core.insight.names import student_name, teacher_name
from distill_core.runs.artefact import LARGE, file_of
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store
from distill_core.task import task_named


@dataclass(frozen=True)
class Source:
    """One of a run's models.

    Attributes:
        role: ``teacher``, ``baseline`` or ``student``.
        name: as people say it.
        file: where its ONNX file is, or will be; None if there can be none.
        student: the folder of the run's trained student.
        folder: of the saved model that the file is made of; None of a teacher.
        reference: of a teacher; "" of others.
        parameters: None if they are not known.
        why_not: why there can be no file, in a sentence.
    """

    role: str
    name: str
    file: Path | None
    student: Path
    folder: Path | None = None
    reference: str = ""
    parameters: int | None = None
    why_not: str = ""

    @property
    def ready(self) -> bool:
        """Whether the file is there."""
        return self.file is not None and self.file.is_file()

    @property
    def large(self) -> bool:
        """Whether making the file takes minutes, and keeping it hundreds of megabytes."""
        return (self.parameters or 0) > LARGE


def can_be_tried(record: RunRecord) -> bool:
    """Whether a run has a student to ask."""
    return record.status == "finished" and (record.folder / "best" / CARD).is_file()


def card_of_student(record: RunRecord) -> ModelCard:
    """What a run's trained student is.

    Raises:
        CheckpointError: if its card is missing or damaged.
    """
    return read_card(record.folder / "best")


def sources(record: RunRecord, store: Store) -> list[Source]:
    """The teacher, the baseline and the student of a run, as far as it has them, in this order."""
    found = [_teacher(record, store), _baseline(record, store), _student(record, store)]
    return [source for source in found if source is not None]


def make(source: Source, store: Store, should_stop: ShouldStop = never) -> None:
    """Makes a model's file, whole or not at all.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: if it cannot be made; says why.
    """
    if source.file is None:
        raise DistillError(source.why_not)
    writable_folder(source.file.parent)
    if source.folder is not None:
        export_model(source.folder, source.file, home=store.home, should_stop=should_stop)
    else:
        make_teacher_file(source.reference, source.student, source.file, should_stop)


def _student(record: RunRecord, store: Store) -> Source:
    best, file = record.folder / "best", file_of(record)
    name = student_name(record.config.student)
    card = _card(best)
    parameters = card.parameters if card else None
    if file.is_file():
        return Source("student", name, file, best, best, parameters=parameters)
    if card is None:
        return Source("student", name, None, best, why_not="The student's file and weights are gone.")
    return Source("student", name, _kept(store, card.weights_sha256), best, best, parameters=parameters)


def _baseline(record: RunRecord, store: Store) -> Source | None:
    if record.baseline_id is None:
        return None
    student, name = record.folder / "best", f"{student_name(record.config.student)}, labels only"
    try:
        best = store.get(record.baseline_id).folder / "best"
        card = read_card(best)
    except DistillError:
        return Source("baseline", name, None, student, why_not="The baseline's weights are no longer kept.")
    return Source("baseline", name, _kept(store, card.weights_sha256), student, best, parameters=card.parameters)


def _teacher(record: RunRecord, store: Store) -> Source | None:
    reference = record.config.teacher
    if reference is None:
        return None
    student, name = record.folder / "best", teacher_name(reference)
    parameters = ((record.summary or {}).get("teacher") or {}).get("parameters")
    try:
        task, facts = task_named(record.config.task), facts_of(read_card(student))
        card = task.card_of(reference, facts)
        made_from: list[Any] = [reference, task.code_sha256(reference), facts] if card is None else []
    except (DistillError, OSError) as error:
        return Source("teacher", name, None, student, parameters=parameters, why_not=str(error))
    key = card.weights_sha256 if card else hashlib.sha256(repr(made_from).encode()).hexdigest()
    parameters = card.parameters if card else parameters
    return Source("teacher", name, _kept(store, key), student, reference=reference, parameters=parameters)


def _kept(store: Store, key: str) -> Path:
    return store.home / "cache" / "onnx" / f"{key}.onnx"


def _card(folder: Path) -> ModelCard | None:
    try:
        return read_card(folder)
    except DistillError:
        return None
