"""What the training loop asks of a problem, and the register of problems.

The loop knows no images and no text. It asks a `Task` for data and models, and the task's `Feed` for batches;
everything it then touches has the shape `[N, C]`: logits, labels and masks of the N positions that count.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from distill_core.cards import ModelCard, Vocabulary
from distill_core.errors import unknown_name

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from distill_core.config import Augmentation, BlockChoice, DistillConfig
    from distill_core.events import Beginning


def no_matter() -> None:
    """Does nothing: for a caller who does not want to be asked between two pieces of work."""


def no_progress(_done: int, _total: int) -> None:
    """Does nothing: for a caller who does not want to know how far a piece of work has come."""


@dataclass(frozen=True)
class DataFacts:
    """What models and exports need to know of a data set; `input_shape` is one input's, without the batch.

    `classes` are what a logit stands for: classes of images, tokens of a text; none are listed where there is a
    `vocabulary`. `kinds` are those of whole inputs where they are something else, such as the skill a prompt asks for.
    `notes` are sentences the user should know.
    """

    name: str
    classes: tuple[str, ...]
    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str
    kinds: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None
    notes: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """How many classes or tokens a logit stands for."""
        return len(self.classes) if self.vocabulary is None else self.vocabulary.size

    @property
    def groups(self) -> tuple[str, ...]:
        """The kinds of whole inputs, over which labels are balanced and of which a phase may choose some."""
        return self.kinds or self.classes


@dataclass(frozen=True)
class Foreseen:
    """A data set before it is loaded: its shape, and how many inputs it trains on.

    `named` says whether `classes` are its own names or mere numbers that stand for them; `kinds` are those of whole
    inputs, as `DataFacts` has them.
    """

    classes: tuple[str, ...]
    input_shape: tuple[int, ...]
    inputs: int
    named: bool = True
    kinds: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None

    @property
    def outputs(self) -> int:
        """How many classes or tokens a logit stands for."""
        return len(self.classes) if self.vocabulary is None else self.vocabulary.size

    @property
    def groups(self) -> tuple[str, ...]:
        """Over which labels are balanced, and of which a phase may choose some."""
        return self.kinds or self.classes

    def facts(self, name: str) -> DataFacts:
        """As a model is built for."""
        channels = self.input_shape[0] if len(self.input_shape) == 3 else 0
        half = (0.5,) * channels
        return DataFacts(name, self.classes, self.input_shape, half, half, "", self.kinds, self.vocabulary)


@dataclass(frozen=True)
class Split:
    """Inputs `[N, ...]` as stored and their labels, int64.

    Images: uint8 `[N, C, H, W]`, labels `[N]`. Text: tokens `[N, L]`, labels `[N, L]`: what each position must predict,
    -100 where it need not.

    Attributes:
        kinds: `[N]`, which of `DataFacts.kinds` each input is, negative for none of them; None if its label says it.
        hardness: `[N]`, how hard each input is by itself, the easiest lowest; None if only a model can tell.
    """

    inputs: Tensor
    labels: Tensor
    kinds: Tensor | None = None
    hardness: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def groups(self) -> Tensor:
        """The kind of each input, `[N]`."""
        return self.labels if self.kinds is None else self.kinds

    @property
    def beyond(self) -> Tensor:
        """Which inputs, `[N]` bool, are of a kind that no training input is of: their kind is negative."""
        if self.kinds is None:
            return self.labels.new_zeros(len(self)).bool()
        return self.kinds < 0


@dataclass(frozen=True)
class Data:
    """Train, validation and test: validation chooses, test reports."""

    facts: DataFacts
    train: Split
    validation: Split
    test: Split


@dataclass(frozen=True)
class ModelChoice:
    """A model the user can name; `family` groups architectures, `parameters` are for the data set in question."""

    name: str
    title: str
    parameters: int
    accuracy: float | None = None
    dataset: str | None = None
    family: str = ""


@dataclass(frozen=True)
class Score:
    """A model's figures on a split.

    Attributes:
        accuracy: 0..1, by which validation chooses.
        loss: mean cross-entropy in nats.
        predictions: `[N]`, a number for each answer; two models agree where theirs are equal.
        metrics: what else the problem measures, by name.
        counted: how many answers `accuracy` is over; None for one of every input.
        counts: over how many answers a metric is, by its name; of some it is not told.
    """

    accuracy: float
    loss: float
    predictions: Tensor
    metrics: Mapping[str, float] = field(default_factory=dict)
    counted: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Inputs(Protocol):
    """What a model takes: one input's shape, and how it is normalised. A `ModelCard` says it, and `DataFacts` do."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """One input's shape, without the batch."""
        ...

    @property
    def mean(self) -> tuple[float, ...]:
        """What is subtracted from each channel."""
        ...

    @property
    def std(self) -> tuple[float, ...]:
        """What each channel is then divided by."""
        ...


class Feed(Protocol):
    """Makes batches of a split; on which device and in which memory format was settled when it was made."""

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Model inputs for these images `[B]`, each in its version `draws [B]`; the same call, the same result."""
        ...

    def plain(self, indices: Tensor) -> Tensor:
        """Model inputs for these images `[B]` without augmentation."""
        ...


class Mix(Protocol):
    """How a batch is mixed with itself: `partners` `[B]` are mixed in, `share` of each sample stays its own."""

    @property
    def partners(self) -> Tensor:
        """The place in the batch of the sample mixed into each, `[B]`."""
        ...

    @property
    def share(self) -> float:
        """Of each sample that is its own."""
        ...

    def applied(self, batch: Tensor) -> Tensor:
        """The mixed batch, of any model's inputs."""
        ...


class Author(Protocol):
    """Lets a model write what it then learns from, where inputs are texts."""

    def written(
        self, model: nn.Module, indices: Tensor, seed: int, between: Callable[[], None] = no_matter
    ) -> tuple[Tensor, Tensor]:
        """Inputs with what a model itself says in place of the answers, and labels that ask for these very words.

        It is drawn at temperature 1. The same model, indices and seed give the same; torch's own generator is left
        alone.

        Args:
            model: left in the mode it was in.
            indices: `[B]`, of the transfer set.
            seed: of the draws.
            between: called between batches; may raise to end it.

        Returns:
            Inputs `[B, ...]` as student and teacher take them, and labels `[B, ...]`, both on the CPU.
        """
        ...


class Task(Protocol):
    """A kind of problem: its data, its models and the inputs they take; `noun` is what its inputs are called."""

    name: str
    noun: str

    def datasets(self) -> dict[str, str]:
        """Names of the data sets and one sentence on each."""
        ...

    def students(self) -> Sequence[ModelChoice]:
        """The architectures a student can have: family by family, each smallest first."""
        ...

    def teachers(self) -> Sequence[ModelChoice]:
        """The teachers that ship with the project."""
        ...

    def scored(self, dataset: str) -> str:
        """What accuracy on a data set counts, such as ``images``."""
        ...

    def foreseen(self, config: DistillConfig) -> Foreseen:
        """What is known of the transfer set before it is loaded.

        Raises:
            ConfigError: if there is no such data set.
            DataUnavailable: if it is a folder that cannot be used; says why.
        """
        ...

    def load_data(
        self,
        config: DistillConfig,
        home: Path,
        between: Callable[[], None] = no_matter,
        progress: Callable[[int, int], None] = no_progress,
    ) -> Data:
        """The three splits.

        Args:
            config: of the run.
            home: the folder for downloads.
            between: called between the pieces of a download; may raise to end it.
            progress: told how many of the inputs that lack a label have got one, where a model writes them; may raise.

        Raises:
            DataUnavailable: if the data cannot be had; the message names the ways out.
        """
        ...

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """An untrained model for this data; the same seed gives the same weights.

        Raises:
            ConfigError: if there is no such architecture.
            DataUnavailable: if it begins from published weights that cannot be had.
        """
        ...

    def bare(self, architecture: str) -> str:
        """The architecture a trained model's card names: without the published weights it may have begun from."""
        ...

    def attends(self, architecture: str) -> bool:
        """Whether a model is a transformer, as far as its name tells.

        Raises:
            ConfigError: if there is no such architecture.
        """
        ...

    def code_sha256(self, architecture: str) -> str:
        """Of the user's own code that builds an architecture, which may change under its name; "" for any other."""
        ...

    def card_of(self, reference: str, facts: DataFacts) -> ModelCard | None:
        """The card of a teacher as `load_teacher` would give it; None for one without, of which only loading can tell.

        Raises:
            ConfigError: if there is no such teacher.
            CheckpointError: if its card cannot be read.
        """
        ...

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher and its card; the inputs it takes are the card's, and `feed` makes them.

        What had to be taken for granted is in the card's provenance, as sentences under ``assumed``.

        Raises:
            ConfigError: if there is no such teacher, or it was trained for other classes.
            CheckpointError: if its files are damaged.
            DataUnavailable: if it has published weights that cannot be had.
        """
        ...

    def of_depth(self, architecture: str, blocks: int) -> str:
        """An architecture like this one with so many blocks, which could begin with this one's layers.

        Raises:
            ConfigError: if there is none.
        """
        ...

    def check_beginning(self, config: DistillConfig) -> int:
        """Refuses a student that cannot begin with the layers of `config.begins_from`, as far as names and cards tell.

        Returns:
            How many blocks that model has to choose from.

        Raises:
            DistillError: saying why, and what to do.
        """
        ...

    def begin(self, student: nn.Module, model: nn.Module, name: str, layers: BlockChoice, data: Data) -> Beginning:
        """Overwrites a student with a trained model's layers.

        Args:
            student: untrained.
            model: left as it is.
            name: what the model is called.
            layers: which of its blocks, as a configuration says it.
            data: as loaded; which blocks matter most is measured on a few of the training inputs.

        Raises:
            ConfigError: if the layers cannot be copied; says why.
        """
        ...

    def feed(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,
        device: torch.device,
        channels_last: bool,
        inputs: Inputs | None = None,
    ) -> Feed:
        """The maker of batches for a split; without an augmentation, `augmented` equals `plain`.

        With `inputs`, such as a teacher's card, the same versions of the same images come in the size, channels and
        normalisation that this model takes; None takes those of `facts`.
        """
        ...

    def completed(
        self,
        data: Data,
        visible: Tensor,
        teacher: nn.Module,
        progress: Callable[[int, int], None],
        kept: Path | None,
        warn: Callable[[str], None],
    ) -> Data:
        """The data of a run with a teacher, who may have to write what the inputs without a label lack.

        Args:
            data: as loaded.
            visible: `[N]` bool, which labels of the transfer set the student may see.
            teacher: frozen.
            progress: told how many of the inputs it has written; may raise to end it.
            kept: the folder where what this teacher writes for this data is kept between runs; None keeps nothing.
            warn: told what the user should know of that.
        """
        ...

    def check_written(self, dataset: str) -> None:
        """Refuses a run whose student is to write what it learns from (`training.on_policy`), where none can.

        Raises:
            ConfigError: if the inputs of this data set are not written.
        """
        ...

    def author(self, data: Data) -> Author:
        """Who lets a student answer the prompts of the transfer set.

        Raises:
            ConfigError: as `check_written`.
        """
        ...

    def score(self, model: nn.Module, feed: Feed, split: Split, between: Callable[[], None] = no_matter) -> Score:
        """How well a model does on a split.

        Args:
            model: left in the mode it was in.
            feed: of the split.
            split: for its labels.
            between: called between batches; may raise to end it.
        """
        ...

    def mix(self, augmentation: Augmentation, facts: DataFacts, step: int, batch: int) -> Mix | None:
        """How the batch of a step is mixed with itself; None if it is not."""
        ...

    def example(self, inputs: Inputs, batch: int = 2) -> Tensor:
        """A batch of inputs of the shape that data or a model's card says, for export and counting."""
        ...


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
