"""Layers that a student begins with, in words: before a run, and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.cards import forked_from
from distill_core.config import BlockChoice, DistillConfig
from distill_core.errors import DistillError
from distill_core.events import Beginning
from distill_core.insight.foresight import refusals
from distill_core.insight.measures import called, in_order, in_words
from distill_core.insight.names import teacher_name
from distill_core.insight.words import listed
from distill_core.task import task_named

MANY = 8
"""More blocks than are listed one by one."""


def how_it_began(beginning: Beginning | None) -> list[str]:
    """A sentence on the layers a student began with; none where its weights were random."""
    if beginning is None:
        return []
    values = beginning.influence
    if len(values) <= MANY:
        took = listed([f"block{number}" for number in beginning.blocks])
        told = f"whose blocks have the influence {', '.join(f'{value:.2f}' for value in values)}"
    else:
        least, most = (values.index(end) + 1 for end in (min(values), max(values)))
        took = f"the blocks {', '.join(map(str, beginning.blocks))}"
        told = f"whose influence goes from {min(values):.2f} (block{least}) to {max(values):.2f} (block{most})"
    return [f"The student began with {took} of {teacher_name(beginning.model)}, {told}."]


def worth_before(summary: Mapping[str, Any]) -> list[str]:
    """A sentence on what a student that began with its teacher's layers was worth before training; none of others."""
    metrics = (summary.get("untrained") or {}).get("metrics") or {}
    if not metrics:
        return []
    figures = [f"{called(name)} {in_words(name, metrics[name])}" for name in in_order(metrics)]
    return [f"Before training it had, on the same test: {listed(figures)}."]


def begins_with(config: DistillConfig) -> str:
    """The same before a run, in a few words; "" for random weights."""
    if config.begins_from is None:
        return ""
    if fork := forked_from(config.begins_from):
        return f"begins as {fork}"
    return f"begins with layers of {teacher_name(config.begins_from)} ({of_choice(config.begin_layers)})"


def of_choice(layers: BlockChoice) -> str:
    """``by influence``, ``blocks 1, 4``."""
    if isinstance(layers, tuple):
        return f"block{'' if len(layers) == 1 else 's'} {', '.join(map(str, layers))}"
    return {"influence": "by influence", "uniform": "spread evenly", "first-last": "first and last"}[layers]


def why_not(config: DistillConfig) -> str | None:
    """Why a run's student cannot begin with its teacher's layers, however they are chosen; None if it can.

    Empty where student, teacher or data are wrong themselves, which is said elsewhere.
    """
    plain = config.model_copy(update={"begin_from": None})
    if refusals(plain):
        return ""
    asked = plain.model_copy(update={"begin_from": config.teacher, "begin_layers": "influence"})
    try:
        task_named(config.task).check_beginning(asked)
    except DistillError as error:
        return str(error).partition(": ")[2].partition(", or ")[0]
    return None
