"""Image classification as a `Task`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakValueDictionary

from distill_core.cards import ModelCard, model_folders, parted, read_card
from distill_core.config import Augmentation, BlockChoice, DistillConfig
from distill_core.errors import ConfigError
from distill_core.task import (
    Author,
    Data,
    DataFacts,
    Feed,
    Foreseen,
    Inputs,
    Mix,
    ModelChoice,
    Score,
    Split,
    no_matter,
    no_progress,
)
from distill_core.vision import models, teachers
from distill_core.vision.teachers import TEACHERS, teacher_folder

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from distill_core.vision.augment import RandomChanges

__all__ = ["ASSETS", "TEACHERS", "VisionTask", "teacher_folder"]

ASSETS = Path(__file__).parents[1] / "assets"
LISTED_SIZE = (28, 28)
_NO_LAYERS = "begin_from: only language models can begin with another model's layers here; set it to none"


class VisionTask:
    """Images in, one of C classes out."""

    name = "vision"
    noun = "images"

    def __init__(self) -> None:
        # So that a teacher's feed finds the images that the student's feed has changed, for as long as either lives.
        self._changes: WeakValueDictionary[tuple[int, str], RandomChanges] = WeakValueDictionary()

    def datasets(self) -> dict[str, str]:
        """Names of the data sets and one sentence on each."""
        from distill_core.vision.datasets import DATASETS

        return DATASETS

    def students(self) -> Sequence[ModelChoice]:
        """Every listed architecture, family by family, the ladder first.

        Parameters are for one channel, ten classes and images of 28 pixels.
        """
        return _students()

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
                    family=models.family(card.architecture).title,
                )
            )
        return sorted(found, key=lambda choice: choice.parameters)

    def scored(self, dataset: str) -> str:  # noqa: ARG002
        """Images."""
        return self.noun

    def foreseen(self, config: DistillConfig) -> Foreseen:
        """What is known of the transfer set; of a folder, its sub-folders and files are listed."""
        from distill_core.vision.datasets.foreseen import foreseen

        return foreseen(config)

    def load_data(
        self,
        config: DistillConfig,
        home: Path,
        between: Callable[[], None] = no_matter,
        progress: Callable[[int, int], None] = no_progress,  # noqa: ARG002
    ) -> Data:
        """The three splits; raises DataUnavailable with the ways out.

        Where the student begins with saved weights, the notes say what is taken for granted of them.
        """
        from distill_core.vision.datasets import load

        data = load(config, home, between)
        note = self._beginning_note(config.student, data.facts)
        return replace(data, facts=replace(data.facts, notes=(*data.facts.notes, note))) if note else data

    def _beginning_note(self, student: str, facts: DataFacts) -> str:
        from distill_core.vision.models.saved import classes_of, outputs_left

        file, bare = parted(student)
        if not file:
            return ""
        name, left = Path(file).name, outputs_left(self.sketch(bare, facts), file, bare)
        if left:
            return (
                f"{name} knows {left:,} classes and {facts.name} has {len(facts.classes):,}: the student's last layer "
                "is new, and it begins with all the rest."
            )
        known = classes_of(file)
        if known == facts.classes:
            return ""
        if known:
            some = ", ".join([*known[:3], *(["…"] if known[3:] else [])])
            return (
                f"{name} knows other classes ({some}): the student begins with its last layer too, as if they were "
                f"those of {facts.name} in their order."
            )
        return (
            f"{name} says nothing of its data: the student begins with its last layer too, as if its classes were "
            f"those of {facts.name} in their order."
        )

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """A model for this data; the same seed gives the same weights."""
        channels, height, width = facts.input_shape
        return models.build(architecture, channels, len(facts.classes), seed, (height, width))

    def sketch(self, architecture: str, facts: DataFacts) -> nn.Module:
        """A model without memory for its weights; those of a file it begins with are seen to fit by their shapes."""
        channels, height, width = facts.input_shape
        return models.sketch(architecture, channels, len(facts.classes), (height, width))

    def bare(self, architecture: str) -> str:
        """The architecture a trained model's card names: without the weights it may have begun with."""
        return models.without_weights(architecture)

    def attends(self, architecture: str) -> bool:
        """ViTs do; of one's own code nobody knows, so it counts as none."""
        return models.attends(architecture)

    def code_sha256(self, architecture: str) -> str:
        """Of the file that holds a `module:function`, and of saved weights; "" for the zoo's models."""
        return models.code_sha256(architecture)

    def card_of(self, reference: str, facts: DataFacts) -> ModelCard | None:  # noqa: ARG002
        """The card in a teacher's folder; None of torchvision's models, files of weights and one's own code."""
        return teachers.card_of(reference)

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher and its card; see `distill_core.vision.teachers` for what a reference can be."""
        return teachers.load(reference, facts)

    def of_depth(self, architecture: str, blocks: int) -> NoReturn:  # noqa: ARG002
        """Refuses, as `check_beginning` does."""
        raise ConfigError(_NO_LAYERS)

    def check_beginning(self, config: DistillConfig) -> NoReturn:  # noqa: ARG002
        """Refuses: that is for language models.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(_NO_LAYERS)

    def begin(
        self,
        student: nn.Module,  # noqa: ARG002
        model: nn.Module,  # noqa: ARG002
        name: str,  # noqa: ARG002
        layers: BlockChoice,  # noqa: ARG002
        data: Data,  # noqa: ARG002
        influence: tuple[float, ...] = (),  # noqa: ARG002
    ) -> NoReturn:
        """Refuses, as `check_beginning` does."""
        raise ConfigError(_NO_LAYERS)

    def feed(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,
        device: torch.device,
        channels_last: bool,
        inputs: Inputs | None = None,
    ) -> Feed:
        """The maker of batches for a split, in the form that `inputs` (a teacher's card) or `facts` asks for."""
        from distill_core.vision.feed import ImageFeed

        changes = self._random_changes(split, augmentation)
        return ImageFeed(split, facts, augmentation, device, channels_last, inputs, changes)

    def _random_changes(self, split: Split, augmentation: Augmentation | None) -> RandomChanges | None:
        from distill_core.vision.augment import RandomChanges

        if augmentation is None or not augmentation.randaugment:
            return None
        key = (id(split.inputs), augmentation.model_dump_json())
        changes = self._changes.get(key)
        if changes is None:
            changes = self._changes[key] = RandomChanges(split.inputs, augmentation)
        return changes

    def mix(self, augmentation: Augmentation, facts: DataFacts, step: int, batch: int) -> Mix | None:
        """Mixup's or cutmix's mix of the batch of a step; None without either."""
        if not augmentation.mixes:
            return None
        from distill_core.vision.augment import mix_of

        _channels, height, width = facts.input_shape
        return mix_of(augmentation, step, batch, (height, width))

    def completed(
        self,
        data: Data,
        visible: Tensor,  # noqa: ARG002
        teacher: nn.Module,  # noqa: ARG002
        progress: Callable[[int, int], None],  # noqa: ARG002
        kept: Path | None,  # noqa: ARG002
        warn: Callable[[str], None],  # noqa: ARG002
    ) -> Data:
        """The data as it is: an image lacks nothing that a teacher's logits would not say."""
        return data

    def check_written(self, dataset: str) -> NoReturn:
        """Refuses: nobody writes an image.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"on_policy: images are not written, so {dataset} cannot be trained on that way; set it to 0")

    def author(self, data: Data) -> Author:
        """Refuses, as `check_written` does."""
        self.check_written(data.facts.name)

    def score(self, model: nn.Module, feed: Feed, split: Split, between: Callable[[], None] = no_matter) -> Score:
        """The share of images whose label gets the highest logit."""
        from distill_core.scoring import evaluate

        return evaluate(model, feed, split.labels, between)

    def example(self, inputs: Inputs, batch: int = 2) -> Tensor:
        """Zeros `[batch, C, H, W]`."""
        import torch

        return torch.zeros(batch, *inputs.input_shape)


@lru_cache(maxsize=1)
def _students() -> tuple[ModelChoice, ...]:
    """One for each listed architecture; parameters are for one channel, ten classes and images of 28 pixels."""
    choices: list[ModelChoice] = []
    for family in models.FAMILIES:
        listed = [
            ModelChoice(
                name=name,
                title=models.title(name),
                parameters=models.count_parameters(name, channels=1, classes=10, size=LISTED_SIZE),
                family=family.title,
            )
            for name in family.examples
        ]
        choices += sorted(listed, key=lambda choice: choice.parameters)
    return tuple(choices)
