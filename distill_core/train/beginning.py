"""A run's student begins with layers of a trained model, if its configuration says so."""

from __future__ import annotations

import dataclasses

from torch import nn

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.events import Beginning
from distill_core.task import Data, Task


def begin(
    config: DistillConfig,
    task: Task,
    student: nn.Module,
    data: Data,
    teacher: tuple[nn.Module, ModelCard] | None = None,
) -> tuple[Beginning, nn.Module] | None:
    """Overwrites an untrained student with the layers its configuration names.

    Args:
        config: of the run.
        task: of the configuration.
        student: on the CPU.
        data: as loaded.
        teacher: the run's, so that it is not loaded twice.

    Returns:
        Which layers these are, and the model they are of; None of a student that begins with random weights.

    Raises:
        DistillError: if the model cannot be had, or its layers do not fit.
    """
    reference = config.begins_from
    if reference is None:
        return None
    if teacher is None or reference != config.teacher:
        try:
            teacher = task.load_teacher(reference, data.facts)
        except (ConfigError, CheckpointError) as error:
            raise type(error)(f"begin_from: {str(error).removeprefix('teacher: ')}") from None
    model, card = teacher
    found = task.begin(student, model, reference, config.begin_layers, data)
    return dataclasses.replace(found, weights_sha256=card.weights_sha256), model
