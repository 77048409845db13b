"""What makes the batches of a problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn


def no_matter() -> None:
    """Does nothing: for a caller who does not want to be asked between two pieces of work."""


def no_progress(_done: int, _total: int) -> None:
    """Does nothing: for a caller who does not want to know how far a piece of work has come."""


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
