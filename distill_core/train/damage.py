"""What a student is worth before training, for each way to choose the layers it begins with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.config import BLOCK_CHOICES, TEACHER, BlockChoice, DistillConfig
from distill_core.errors import ConfigError
from distill_core.task import Data, Task, no_matter, task_named

if TYPE_CHECKING:
    from torch import nn

WHOLE, LISTED, RANDOM = "whole", "list", "random"
"""Rows beside the choices by name: the whole model, blocks that the configuration lists, and no layers at all."""


@dataclass(frozen=True)
class Worth:
    """A model on the validation split, before it learns anything.

    Attributes:
        choice: as `begin_layers` names it, or `WHOLE`, `LISTED` or `RANDOM`.
        blocks: of the model it begins with, counted from 1; none of random weights.
        parameters: of the student.
        accuracy: 0..1.
        loss: in nats.
        metrics: what else the problem measures, by name.
        kl: `KL(model || student)` in nats at temperature 1, the mean over what is to be said.
        agreement: the share of that in which both hold the same for likeliest.
    """

    choice: str
    blocks: tuple[int, ...]
    parameters: int
    accuracy: float
    loss: float
    metrics: Mapping[str, float]
    kl: float | None
    agreement: float | None


@dataclass(frozen=True)
class Damage:
    """What leaving out blocks of a model does, `rows` of choices for one student; the whole model comes first.

    `influence` is that of every block of the model, see `events.Beginning`; `inputs` were scored.
    """

    model: str
    student: str
    dataset: str
    inputs: int
    influence: tuple[float, ...]
    rows: tuple[Worth, ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Damage:
        """From what `dataclasses.asdict` made of one, through JSON or not."""
        rows = tuple(Worth(**{**row, "blocks": tuple(row["blocks"])}) for row in data["rows"])
        return cls(**{**data, "influence": tuple(data["influence"]), "rows": rows})


def damage(
    config: DistillConfig,
    home: Path,
    between: Callable[[], None] = no_matter,
) -> Damage:
    """Measures every choice of layers for a run's student, each as the run itself would begin.

    Args:
        config: of a run; one that begins with random weights is taken to begin from its teacher.
        home: for downloads.
        between: called between batches; may raise to end it.

    Raises:
        DistillError: if the student cannot begin so; says why.
    """
    from distill_core.train.folding import freeze
    from distill_core.train.labels import data_and_labels

    if config.begin_from is None:
        config = config.changed({"begin_from": TEACHER})
    reference, task = config.begins_from, task_named(config.task)
    if reference is None:
        raise ConfigError("begin_from: there is no model whose layers could be taken; choose a teacher")
    there = task.check_beginning(config)
    data, _visible = data_and_labels(config, task, home, between)
    model = freeze(task.load_teacher(reference, data.facts)[0])
    judge = _Judge(task, data, model, between)
    listed = [config.begin_layers] if isinstance(config.begin_layers, tuple) else []
    deeper = any(len(blocks) > there for blocks in listed)  # such a student takes some of them twice, by a list alone
    choices: list[BlockChoice] = [*(() if deeper else BLOCK_CHOICES), *listed]
    influence: tuple[float, ...] = ()
    rows, known = [judge.worth(WHOLE, (), model)], dict[tuple[int, ...], Worth]()
    for choice in choices:
        student = task.build(config.student, data.facts, config.seed)
        begun = task.begin(student, model, reference, choice, data, influence)
        name = choice if isinstance(choice, str) else LISTED
        found = known.get(begun.blocks) or judge.worth(name, begun.blocks, student)
        known[begun.blocks], influence = found, begun.influence
        rows.append(dataclasses.replace(found, choice=name))
    rows[0] = dataclasses.replace(rows[0], blocks=tuple(range(1, len(influence) + 1)))
    rows.append(judge.worth(RANDOM, (), task.build(config.student, data.facts, config.seed)))
    return Damage(reference, config.student, data.facts.name, len(data.validation), influence, tuple(rows))


class _Judge:
    """Scores models on validation, beside the one whose layers they began with."""

    def __init__(self, task: Task, data: Data, model: nn.Module, between: Callable[[], None]) -> None:
        import torch

        self._task, self._data, self._model, self._between = task, data, model, between
        self._feed = task.feed(data.validation, data.facts, None, torch.device("cpu"), False)

    def worth(self, choice: str, blocks: tuple[int, ...], student: nn.Module) -> Worth:
        """One row."""
        from distill_core.scoring import closeness

        split = self._data.validation
        score = self._task.score(student, self._feed, split, self._between)
        trained_on = (~split.beyond).nonzero().flatten()
        sides = (student, self._feed), (self._model, self._feed)
        near = closeness(*sides, split.labels, trained_on, self._between, self._data.facts.outputs)
        return Worth(
            choice=choice,
            blocks=blocks,
            parameters=sum(parameter.numel() for parameter in student.parameters()),
            accuracy=score.accuracy,
            loss=score.loss,
            metrics=dict(score.metrics),
            kl=near.kl if near else None,
            agreement=near.agreement if near else None,
        )
