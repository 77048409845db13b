"""Image classification as a `Task`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import ModelCard, load_weights, model_folders, read_card
from distill_core.config import Augmentation, DistillConfig
from distill_core.errors import ConfigError, unknown_name
from distill_core.task import Data, DataFacts, Feed, ModelChoice, Split
from distill_core.vision import models

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

ASSETS = Path(__file__).parents[1] / "assets"
TEACHERS = ASSETS / "teachers"


class VisionTask:
    """Images in, one of C classes out."""

    name = "vision"

    def datasets(self) -> dict[str, str]:
        """Names of the data sets and one sentence on each."""
        from distill_core.vision.datasets import DATASETS

        return DATASETS

    def students(self) -> Sequence[ModelChoice]:
        """The ladder, smallest first; parameters are for one channel and ten classes."""
        return _ladder()

    def teachers(self) -> Sequence[ModelChoice]:
        """The teachers in the project's assets, smallest first."""
        found = []
        for name, folder in model_folders(TEACHERS).items():
            card = read_card(folder)
            found.append(
                ModelChoice(
                    name=name,
                    title=models.title(card.architecture),
                    parameters=card.parameters,
                    accuracy=card.accuracy,
                    dataset=card.dataset,
                )
            )
        return sorted(found, key=lambda choice: choice.parameters)

    def load_data(self, config: DistillConfig, home: Path) -> Data:
        """The three splits; raises DataUnavailable with the ways out."""
        from distill_core.vision.datasets import load

        return load(config, home)

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """An untrained model for this data; the same seed gives the same weights."""
        return models.build(architecture, facts.input_shape[0], len(facts.classes), seed)

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher by its name or its folder; raises ConfigError or CheckpointError."""
        folder = teacher_folder(reference)
        card = read_card(folder)
        _check_fit(reference, card, facts)
        return load_weights(self.build(card.architecture, facts, seed=0), folder, card), card

    def feed(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,
        device: torch.device,
        channels_last: bool,
    ) -> Feed:
        """The maker of batches for a split."""
        from distill_core.vision.feed import ImageFeed

        return ImageFeed(split, facts, augmentation, device, channels_last)

    def example(self, facts: DataFacts, batch: int = 2) -> Tensor:
        """Zeros `[batch, C, H, W]`."""
        import torch

        return torch.zeros(batch, *facts.input_shape)


def teacher_folder(reference: str) -> Path:
    """Where a teacher's card and weights are: an embedded teacher's name, or a folder.

    Raises:
        ConfigError: if it is neither.
    """
    embedded = model_folders(TEACHERS)
    if reference in embedded:
        return embedded[reference]
    folder = Path(reference).expanduser()
    if folder.is_dir():
        return folder
    if "/" in reference or "\\" in reference:
        raise ConfigError(
            f"teacher: there is no folder {reference}; name a folder with card.json and weights.safetensors"
        )
    raise unknown_name("teacher", reference, embedded)


def _check_fit(reference: str, card: ModelCard, facts: DataFacts) -> None:
    """A teacher must know the same classes in the same order, and see inputs the same way."""
    ways_out = (
        "Choose a teacher trained for this data set, or train one: "
        f"python -m distill_core run --preset teacher --set dataset={facts.name.partition(':')[0]}"
    )
    if card.classes != facts.classes:
        raise ConfigError(
            f"teacher: {reference!r} was trained on {card.dataset} ({len(card.classes)} classes: "
            f"{card.classes[0]}, ...), but "
            f"{facts.name} has {len(facts.classes)} classes ({facts.classes[0]}, ...). {ways_out}"
        )
    if card.input_shape != facts.input_shape:
        raise ConfigError(
            f"teacher: {reference!r} takes inputs of shape {_shape(card.input_shape)}, "
            f"but {facts.name} has {_shape(facts.input_shape)}. {ways_out}"
        )
    pairs = zip((*card.mean, *card.std), (*facts.mean, *facts.std), strict=True)
    if any(abs(theirs - ours) > 1e-6 for theirs, ours in pairs):
        raise ConfigError(
            f"teacher: {reference!r} was trained with mean {card.mean} and std {card.std}, but {facts.name} "
            f"is normalised with {facts.mean} and {facts.std}; its answers would be wrong. {ways_out}"
        )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


@lru_cache(maxsize=1)
def _ladder() -> tuple[ModelChoice, ...]:
    choices = (
        ModelChoice(
            name=name, title=models.title(name), parameters=models.count_parameters(name, channels=1, classes=10)
        )
        for name in (*models.LADDER, *models.LARGE)
    )
    return tuple(sorted(choices, key=lambda choice: choice.parameters))
