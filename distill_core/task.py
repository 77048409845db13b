"""What the training loop asks of a problem, and the register of problems.

The loop knows no images and no text. It asks a `Task` for data and models, and the task's `Feed` for batches;
everything it then touches has the shape `[N, C]`: logits, labels and masks of the N positions that count.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from distill_core.cards import ModelCard
from distill_core.errors import unknown_name

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from distill_core.config import Augmentation, DistillConfig


@dataclass(frozen=True)
class DataFacts:
    """What models and exports need to know of a data set; `input_shape` is one input's, without the batch."""

    name: str
    classes: tuple[str, ...]
    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str


@dataclass(frozen=True)
class Split:
    """Inputs `[N, ...]` as stored (images: uint8 `[N, C, H, W]`) and labels `[N]` (int64)."""

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """Train, validation and test: validation chooses, test reports."""

    facts: DataFacts
    train: Split
    validation: Split
    test: Split


@dataclass(frozen=True)
class ModelChoice:
    """A model the user can name: `trained` ones are teachers; `parameters` are for the data set in question."""

    name: str
    title: str
    parameters: int
    accuracy: float | None = None
    dataset: str | None = None


class Feed(Protocol):
    """Makes batches of a split; on which device and in which memory format was settled when it was made."""

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Model inputs for these images `[B]`, each in its version `draws [B]`; the same call, the same result."""
        ...

    def plain(self, indices: Tensor) -> Tensor:
        """Model inputs for these images `[B]` without augmentation."""
        ...


class Task(Protocol):
    """A kind of problem: its data, its models and the inputs they take."""

    name: str

    def datasets(self) -> dict[str, str]:
        """Names of the data sets and one sentence on each."""
        ...

    def students(self) -> Sequence[ModelChoice]:
        """The architectures a student can have, smallest first."""
        ...

    def teachers(self) -> Sequence[ModelChoice]:
        """The teachers that ship with the project."""
        ...

    def load_data(self, config: DistillConfig, home: Path) -> Data:
        """The three splits.

        Raises:
            DataUnavailable: if the data cannot be had; the message names the ways out.
        """
        ...

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """An untrained model for this data; the same seed gives the same weights.

        Raises:
            ConfigError: if there is no such architecture.
        """
        ...

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher by its name or its folder.

        Raises:
            ConfigError: if there is no such teacher, or it was trained for other classes or inputs.
            CheckpointError: if its files are damaged.
        """
        ...

    def feed(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,
        device: torch.device,
        channels_last: bool,
    ) -> Feed:
        """The maker of batches for a split; without an augmentation, `augmented` equals `plain`."""
        ...

    def example(self, facts: DataFacts, batch: int = 2) -> Tensor:
        """A batch of inputs of the right shape, for export and counting."""
        ...


_TASKS: dict[str, str] = {"vision": "distill_core.vision.task:VisionTask"}


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
