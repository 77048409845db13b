"""Finding runs again: by words, state, data set and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distill_core.insight.names import data_name, student_name, teacher_name
from distill_core.runs.records import RunRecord


@dataclass(frozen=True)
class Wanted:
    """What a run has to be to be shown; what is empty asks nothing.

    Attributes:
        text: every word of it has to occur in the name, the id, a tag, the note, the student or the teacher.
        states: one of these.
        data: learns from one of these data sets, as `insight.names.data_name` calls them.
        tags: has at least one of these.
    """

    text: str = ""
    states: Sequence[str] = ()
    data: Sequence[str] = ()
    tags: Sequence[str] = ()


def matching(records: Sequence[RunRecord], wanted: Wanted) -> list[RunRecord]:
    """The runs that are wanted, in the order given."""
    words = wanted.text.casefold().split()
    return [
        record
        for record in records
        if (not wanted.states or record.status in wanted.states)
        and (not wanted.data or data_name(record.config) in wanted.data)
        and (not wanted.tags or not set(wanted.tags).isdisjoint(record.tags))
        and (not words or _says(record, words))
    ]


def tags_of(records: Sequence[RunRecord]) -> list[str]:
    """The tags that some run has, in the order of the alphabet."""
    return sorted({tag for record in records for tag in record.tags}, key=str.casefold)


def _says(record: RunRecord, words: Sequence[str]) -> bool:
    models = student_name(record.config.student), teacher_name(record.config.teacher)
    text = "\n".join((record.name, record.id, record.note, *record.tags, *models)).casefold()
    return all(word in text for word in words)
