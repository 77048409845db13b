"""What the training loop asks of a problem, and the register of problems.

The loop knows no images and no text. It asks a `Task` for data and models, and the task's `Feed` for batches;
everything it then touches has the shape `[N, C]`: logits, labels and masks of the N positions that count.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from distill_core.errors import ConfigError, unknown_name
from distill_core.task.data import Data, DataFacts, Foreseen, ModelChoice, Score, Split
from distill_core.task.feed import Author, Feed, Inputs, Mix, no_matter, no_progress
from distill_core.task.protocol import Task

__all__ = [
    "Author",
    "Data",
    "DataFacts",
    "Feed",
    "Foreseen",
    "Inputs",
    "Mix",
    "ModelChoice",
    "Score",
    "Split",
    "Task",
    "no_matter",
    "no_progress",
    "task_named",
    "task_names",
    "unknown_in",
]

_TASKS: dict[str, str] = {
    "vision": "distill_core.vision.task:VisionTask",
    "language": "distill_core.language.task:LanguageTask",
}


def task_names() -> tuple[str, ...]:
    """Every task there is."""
    return tuple(_TASKS)


def unknown_in(task: str, setting: str, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a data set or teacher that a task has not; says so where another task has it.

    Args:
        task: of the run.
        setting: ``dataset`` or ``teacher``.
        name: the value that is not known.
        known: the values that are.
    """
    for other in map(task_named, task_names()):
        theirs = other.datasets() if setting == "dataset" else [choice.name for choice in other.teachers()]
        if other.name != task and name in theirs:
            return ConfigError(
                f"{setting}: {name!r} belongs to the task {other.name}, and this run is of the task {task}; set "
                f"task={other.name} and a student of that task, or choose one of: {', '.join(sorted(known))}."
            )
    return unknown_name(setting, name, known)


def task_named(name: str) -> Task:
    """The task of this name; its module is imported only now.

    Raises:
        ConfigError: if there is no such task.
    """
    if name not in _TASKS:
        raise unknown_name("task", name, _TASKS)
    module, _, kind = _TASKS[name].partition(":")
    task: Task = getattr(importlib.import_module(module), kind)()
    return task
