"""What the training loop asks of a problem, and the register of problems.

The loop knows no images and no text. It asks a `Task` for data and models, and the task's `Feed` for batches;
everything it then touches has the shape `[N, C]`: logits, labels and masks of the N positions that count.
"""

from __future__ import annotations

import importlib

from distill_core.errors import unknown_name
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
]

_TASKS: dict[str, str] = {
    "vision": "distill_core.vision.task:VisionTask",
    "language": "distill_core.language.task:LanguageTask",
}


def task_names() -> tuple[str, ...]:
    """Every task there is."""
    return tuple(_TASKS)


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
