"""What is known of the chosen teacher and student before anything runs: how large, how right, how quick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.insight.choices import TeacherChoice
from distill_core.insight.names import student_name
from distill_core.insight.words import megabytes, milliseconds, percent, times_smaller
from distill_core.runs.known import Known, known_of
from distill_core.runs.records import RunRecord
from distill_core.task import ModelChoice
from pages.components.as_text import as_text
from pages.components.catalogue import architecture
from pages.components.facts_table import facts_table
from pages.components.form.state import noun, of_images, so_far

_BYTES = 4
"""Of one weight, stored as float32."""
_NOT_YET = "told by its first run"


def teacher_card(teacher: TeacherChoice, runs: Sequence[RunRecord]) -> None:
    """The chosen teacher; its accuracy is what its own card says, its time what the user's runs measured."""
    known = _measured(runs, "teacher", teacher.reference)
    task = "vision" if of_images() else "language"
    rows = [
        ("Architecture", architecture(teacher.architecture, task) if teacher.architecture else teacher.title),
        *_size(teacher.parameters),
        ("Accuracy", percent(teacher.accuracy)),
        ("CPU time", _time(known)),
    ]
    facts_table(rows, alt="What is known of the teacher")
    st.caption(_about(teacher))


def student_card(student: ModelChoice, teacher: TeacherChoice | None, runs: Sequence[RunRecord]) -> None:
    """The chosen student; accuracy and time are those of the newest run that trained it on these data."""
    known = _measured(runs, "student", student.name)
    smaller = times_smaller(student.parameters, teacher.parameters) if teacher else ""
    rows = [
        ("Architecture", student.title or student_name(student.name)),
        *_size(student.parameters),
        ("Accuracy", _NOT_YET if known is None else percent(known.accuracy)),
        ("CPU time", _time(known)),
    ]
    facts_table(rows, alt="What is known of the student")
    came = f"Accuracy and time are those of your run {as_text(known.run)}." if known else ""
    size = f"{smaller[0].upper()}{smaller[1:]}'s size." if smaller else ""
    config = so_far()
    if config is not None and keeps_teachers_classifier(config):
        size = f"{size} The teacher's classifier and what leads to it are counted, for they stay in it."
    st.caption(" ".join(part for part in (size, came) if part))


def _measured(runs: Sequence[RunRecord], role: Literal["student", "teacher"], name: str) -> Known | None:
    """On the data that the form describes, if it can be said yet what these are."""
    config = so_far()
    return None if config is None else known_of(runs, role, name, config)


def _size(parameters: int) -> list[tuple[str, str]]:
    return [("Parameters", f"{parameters:,}"), ("Weights", megabytes(_BYTES * parameters))]


def _time(known: Known | None) -> str:
    one = "one image" if of_images() else "one text"
    return _NOT_YET if known is None else f"{milliseconds(known.cpu_ms)}, {one}"


def _about(teacher: TeacherChoice) -> str:
    """Where the accuracy is from, and what the teacher learned from."""
    facts = []
    if teacher.accuracy is not None:
        facts.append(f"accuracy on {teacher.accuracy_on or f'its own test {noun()}'}")
    if teacher.labels_seen:
        facts.append(f"learnt from {teacher.labels_seen:,} labels")
    if teacher.own:
        facts.append("trained by you")
    text = ", ".join(facts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
