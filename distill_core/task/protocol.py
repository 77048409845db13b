"""What the training loop asks of a problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from distill_core.cards import ModelCard
from distill_core.task.data import Data, DataFacts, Foreseen, ModelChoice, Score, Split
from distill_core.task.feed import Author, Feed, Inputs, Mix, no_matter, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from distill_core.config import Augmentation, BlockChoice, DistillConfig
    from distill_core.events import Beginning


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
        """A model for this data, untrained unless it begins with weights; the same seed gives the same.

        Raises:
            ConfigError: if there is no such architecture.
            CheckpointError: if it begins with saved weights that are damaged or another architecture's.
            DataUnavailable: if it begins with published weights that cannot be had.
        """
        ...

    def sketch(self, architecture: str, facts: DataFacts) -> nn.Module:
        """A model without memory for its weights, after all checks that need no download.

        Raises:
            ConfigError: as `build`.
            CheckpointError: as `build`.
        """
        ...

    def bare(self, architecture: str) -> str:
        """The architecture a trained model's card names: without the weights it may have begun with."""
        ...

    def attends(self, architecture: str) -> bool:
        """Whether a model is a transformer, as far as its name tells.

        Raises:
            ConfigError: if there is no such architecture.
        """
        ...

    def code_sha256(self, architecture: str) -> str:
        """Of the user's own code and weights in an architecture, which may change under its name; "" for any other."""
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

    def begin(
        self,
        student: nn.Module,
        model: nn.Module,
        name: str,
        layers: BlockChoice,
        data: Data,
        influence: tuple[float, ...] = (),
    ) -> Beginning:
        """Overwrites a student with a trained model's layers.

        Args:
            student: untrained.
            model: left as it is.
            name: what the model is called.
            layers: which of its blocks, as a configuration says it.
            data: as loaded; which blocks matter most is measured on a few of the training inputs.
            influence: of each block, where it was measured before; else it is measured.

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
