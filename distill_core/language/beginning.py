"""A student's beginning: which of a model's blocks it takes, by what they do to a few training texts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from distill_core.config import BlockChoice, DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.events import Beginning
from distill_core.language.data import prompts_of
from distill_core.language.models.beginning import (
    block_influence,
    check_layers,
    check_sizes,
    choose,
    copy_layers,
    stack_of,
)
from distill_core.task import Data, Split, Task

TEXTS = 64
"""By which influence is measured: enough that its order is that of many more, few enough for a large model."""
ROWS = 16


def begin(
    student: nn.Module,
    model: nn.Module,
    name: str,
    layers: BlockChoice,
    data: Data,
    influence: tuple[float, ...] = (),
) -> Beginning:
    """Overwrites a student with a model's layers, and says which those are and what each block does.

    Args:
        student: as wide as the model.
        model: trained; left as it is.
        name: what the model is called.
        layers: as the configuration says it.
        data: as loaded, before a teacher has written anything.
        influence: of each of the model's blocks on this data, where it is known already.

    Raises:
        ConfigError: if the layers cannot be copied; says why, and the student is left as it was.
    """
    ours, theirs = stack_of(student), stack_of(model)
    check_sizes(ours.shape, theirs.shape)
    scores = torch.tensor(influence, dtype=torch.float64) if influence else block_influence(theirs, sample(data.train))
    blocks = choose(layers, scores, ours.shape.depth)
    copy_layers(ours, theirs, blocks)
    return Beginning(name, tuple(block + 1 for block in blocks), tuple(scores.tolist()))


def sample(train: Split) -> Iterator[tuple[Tensor, Tensor]]:
    """A few training texts, spread evenly: ids, and which of them belong to the prompt or the text, `[B, L]` each.

    No answer is among them, so neither a label budget nor what a teacher writes makes a difference: a student, its
    baseline and the same with another seed are given the same.
    """
    rows = torch.linspace(0, len(train) - 1, min(TEXTS, len(train))).round().long()
    answered = prompts_of(train) is not None
    for few in rows.split(ROWS):
        wanted = train.labels[few] >= 0
        if answered:  # up to the token at which the answer's first is foretold
            wanted = wanted.int().cumsum(dim=1).cumsum(dim=1) <= 1
        yield train.inputs[few], wanted


def check(student: nn.Module, model: nn.Module, layers: BlockChoice) -> int:
    """Refuses a beginning that cannot be; reads names and shapes alone, so models without memory will do.

    Args:
        student: of the run.
        model: whose layers it is to begin with.
        layers: as the configuration says it.

    Returns:
        How many blocks there are to choose from.

    Raises:
        ConfigError: naming the setting and what to do.
    """
    ours, theirs = stack_of(student), stack_of(model)
    depth, there = ours.shape.depth, theirs.shape.depth
    check_sizes(ours.shape, theirs.shape)
    if not isinstance(layers, tuple) and depth > there:
        each = ",".join(str(1 + block * there // depth) for block in range(depth))
        raise ConfigError(
            f"begin_layers: the student has {depth} blocks and the model it begins with {there}; take a student of at "
            f"most {there}, or name a block for each of the student's, such as begin_layers={each}"
        )
    check_layers(ours, theirs, choose(layers, torch.zeros(there), depth))
    return there


def check_named(task: Task, config: DistillConfig) -> int:
    """`check` of a run's student and of the model that it is to begin with, as names and cards tell.

    Raises:
        DistillError: if there is no such student or model, or as `check`.
    """
    reference = config.begins_from
    if reference is None:
        raise ConfigError("begin_from: names no model; name one, or teacher")
    facts = task.foreseen(config).facts(config.dataset)
    try:
        card = task.card_of(reference, facts)
    except (ConfigError, CheckpointError) as error:
        raise type(error)(f"begin_from: {str(error).removeprefix('teacher: ')}") from None
    if card is not None and card.task != task.name:
        raise ConfigError(f"begin_from: {reference!r} is a model for {card.task}, not for {task.name}; name another")
    if card is not None and card.classes != facts.classes:
        raise ConfigError(
            f"begin_from: {reference!r} has a vocabulary of {len(card.classes)} tokens, and {config.dataset} one of "
            f"{len(facts.classes)}; name a model that reads the same tokens, or none for random weights"
        )
    student = task.sketch(config.student, facts)
    model = task.sketch(card.architecture, facts) if card is not None else None
    if card is None or model is None:
        return check(student, task.load_teacher(reference, facts)[0], config.begin_layers)
    ours, theirs = stack_of(student).shape, stack_of(model).shape
    check_sizes(ours, theirs, such_as=task.of_depth(card.architecture, min(ours.depth, theirs.depth)))
    return check(student, model, config.begin_layers)
