"""Which teachers there are: those inside, the user's own, and converted ones; and what a run knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distill_core.cards import model_folders
from distill_core.insight.teachers import Teacher, foreign_teacher, named_teachers, run_teacher
from distill_core.language import local_models
from distill_core.language import task as language_task
from distill_core.vision import task as vision_task
from pages.components.as_text import as_text
from pages.components.jobs import manager

PAGE = "pages/teachers.py"


def teachers() -> list[Teacher]:
    """All of them: those inside first, then the user's own."""
    inside = model_folders(vision_task.TEACHERS) | model_folders(language_task.TEACHERS)
    own = model_folders(manager().store.home / "teachers")
    found = named_teachers(inside.items(), inside=True)
    found += named_teachers(((name, folder) for name, folder in own.items() if name not in inside), inside=False)
    found += [foreign_teacher(each.name, each.title, each.parameters) for each in local_models.teachers()]
    for record in manager().store.list("run"):
        if record.status == "finished" and record.config.teacher is None:
            trained = run_teacher(record.id, record.name, record.folder / "best")
            found += [trained] if trained else []
    return found


def teacher_at(key: str) -> Teacher | None:
    """The teacher that an address means, looked up among those there are; None if there is none."""
    return next((teacher for teacher in teachers() if teacher.key == key), None)


@dataclass(frozen=True)
class Metrics:
    """What a run's test found of a teacher of texts, and a sentence on where."""

    values: dict[str, Any]
    where: str


def metrics_of(teacher: Teacher) -> Metrics | None:
    """Of a run's own student its test; else what the latest run that learned from this teacher found of it."""
    for record in manager().store.list("run"):
        summary = record.summary or {}
        itself = record.id == teacher.key
        taught = record.config.teacher in (teacher.reference, teacher.key)
        if record.status != "finished" or not (itself or taught):
            continue
        found = (summary.get("student" if itself else "teacher") or {}).get("metrics")
        if found:
            by = "when it was trained" if itself else f"when it taught in the run {as_text(record.name or record.id)}"
            return Metrics(found, f"On the test split of {record.config.dataset}, {by}.")
    return None
