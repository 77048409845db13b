"""What a problem is about: its data, before and after it is loaded, its models by name, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from distill_core.cards import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor


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
        by_class: of each class's inputs the share that was answered right, in the data's order, None for a class
            without any; empty where answers are no classes, or where there are too many to tell.
    """

    accuracy: float
    loss: float
    predictions: Tensor
    metrics: Mapping[str, float] = field(default_factory=dict)
    counted: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    by_class: tuple[float | None, ...] = ()
