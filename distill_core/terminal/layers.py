"""What is lost by leaving out blocks of a teacher, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console

from distill_core.config import TEACHER, DistillConfig
from distill_core.errors import ConfigError
from distill_core.home import default_home
from distill_core.insight import damage as words
from distill_core.insight.names import teacher_name
from distill_core.task import task_named
from distill_core.terminal.screen import table
from distill_core.terminal.settings import configuration
from distill_core.train.damage import LISTED, Damage, damage

USUAL = "language-quick"


def described(preset: str | None, settings: Iterable[str], teacher: str | None, blocks: int | None) -> DistillConfig:
    """The configuration of a run that begins with layers of its teacher.

    Args:
        preset: what the rest is taken from; None takes `USUAL`.
        settings: as ``--set`` takes them.
        teacher: in place of the preset's.
        blocks: of the student, which then is as wide as the model it begins with; None keeps the configuration's.

    Raises:
        DistillError: if something in them is wrong.
    """
    config = configuration(preset or USUAL, None, settings)
    if teacher is not None:
        config = config.changed({"teacher": teacher})
    if config.begin_from is None:
        config = config.changed({"begin_from": TEACHER})
    if blocks is None:
        return config
    task, reference = task_named(config.task), config.begins_from
    assert reference is not None
    card = task.card_of(reference, task.foreseen(config).facts(config.dataset))
    if card is None:
        raise ConfigError(f"blocks: {reference} has no card that names its architecture; name a --set student instead")
    return config.changed({"student": task.of_depth(card.architecture, blocks)})


def measured(config: DistillConfig, console: Console) -> Damage:
    """Measures in this process, and says on a terminal that it is at work."""
    with console.status(f"Measuring {config.student} with layers of {teacher_name(config.begins_from)}"):
        return damage(config, default_home())


def lines(found: Damage) -> list[Any]:
    """The table of damage, the blocks, and what both mean."""
    headings = words.headings(found)
    return [
        table(headings, words.rows(found), numbers=range(2, len(headings))),
        "",
        table(("Block", "Influence", "Taken by"), words.influence_rows(found), numbers=(1,)),
        "",
        words.meaning(found),
        words.INFLUENCE_HELP,
        _how_to_begin(found),
    ]


def _how_to_begin(found: Damage) -> str:
    """The settings of the choice that loses least."""
    best = words.nearest(found)
    if best is None:
        return f"Begin so: --set student={found.student} --set begin_from={found.model}"
    layers = ",".join(map(str, best.blocks)) if best.choice == LISTED else best.choice
    return f"Begin so: --set student={found.student} --set begin_from={found.model} --set begin_layers={layers}"


def to_dict(found: Damage) -> dict[str, Any]:
    """Everything, for machines."""
    return {"status": "finished", **asdict(found)}
