"""The one piece of work that every loop of the benchmark does: data, student, teacher and recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from distill_core.config import Augmentation, DistillConfig, Optimiser, Phase, Training
from distill_core.events import Evaluated, Event
from distill_core.task import Data, Split
from distill_core.train.control import RunControl
from distill_core.train.trainer import Trainer
from distill_core.vision.datasets.fashion_mnist_mini import CLASSES, MEAN_STD, read_mini
from distill_core.vision.datasets.splitting import Bytes, Integers, as_data, as_split
from distill_core.vision.task import VisionTask

STUDENT, TEACHER = "resnet8-w16", "resnet32-w16"
BATCH = 128
CROP_PADDING = 4
DRAWS = 4
SIDE, GREY_SIDE, CHANNELS = 32, 28, 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much of the work is done.

    Attributes:
        images: of the transfer set; a multiple of the batch is used in an epoch.
        test_images: that the students are scored on.
        epochs: of the run that is timed.
        short_epochs: of the further seeds, whose accuracies are compared.
        seeds: how many further seeds.
        teacher_epochs: that the teacher is trained for.
    """

    images: int
    test_images: int
    epochs: int
    short_epochs: int
    seeds: int
    teacher_epochs: int

    @property
    def images_per_epoch(self) -> int:
        """Whole batches only, in every loop."""
        return self.images // BATCH * BATCH


class BenchTask(VisionTask):
    """Images of Fashion-MNIST as `[N, 3, 32, 32]`; the validation split is the test split, and chooses nothing."""

    def __init__(self, size: Size) -> None:
        self._data = bench_data(size)

    def load_data(self, config: DistillConfig, home: Path, between: object = None, progress: object = None) -> Data:  # noqa: ARG002
        """The benchmark's images, whatever the configuration says."""
        return self._data


def bench_data(size: Size) -> Data:
    """The mini set's training and validation images to learn from, its test images to score on."""
    arrays = read_mini()
    images = np.concatenate([arrays["train_images"], arrays["validation_images"]])
    labels = np.concatenate([arrays["train_labels"], arrays["validation_labels"]])
    train = _coloured(images, labels, size.images)
    test = _coloured(arrays["test_images"], arrays["test_labels"], size.test_images)
    mean, std = MEAN_STD
    return as_data("fashion-mnist-3x32x32", CLASSES, train, test, test, (mean * CHANNELS, std * CHANNELS))


def recipe(size: Size, teacher: Path | None, epochs: int, seed: int) -> DistillConfig:
    """Plain KD with all labels in one phase; without a teacher, the recipe that trains the teacher."""
    return DistillConfig(
        teacher=str(teacher) if teacher else None,
        student=STUDENT if teacher else TEACHER,
        seed=seed,
        baseline=False,
        phases=(Phase(name="distil", share=1.0),),
        training=Training(epochs=epochs, batch_size=BATCH),
        optimiser=Optimiser(),
        augmentation=Augmentation(crop_padding=CROP_PADDING, draws=DRAWS),
        name=f"bench {size.images}",
    )


def trained_teacher(task: BenchTask, size: Size, home: Path, say: Say) -> Path:
    """The folder of the benchmark's teacher; it is trained on first use and kept under ``cache/bench``."""
    config = recipe(size, None, size.teacher_epochs, seed=0)
    data = task.load_data(config, home)
    folder = home / "cache" / "bench" / f"{config.fingerprint()}-{data.facts.sha256[:12]}"
    if not (folder / "last" / "card.json").is_file():
        say(f"training the teacher {TEACHER} for {size.teacher_epochs} epochs (kept for the next time)")

        def tell(event: Event) -> None:
            if isinstance(event, Evaluated):
                say(f"  teacher, epoch {event.epoch}: {event.accuracy:.1%}")

        Trainer(config, task, tell, RunControl(), folder, home=None).run()
    return folder / "last"


def fresh_optimiser(model: nn.Module, config: Optimiser) -> torch.optim.SGD:
    """SGD as the recipe says: weight decay on weights alone."""
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=config.momentum, nesterov=True)


def _coloured(images: Bytes, labels: Integers, count: int) -> Split:
    """The first `count` grey images `[N, 28, 28]` of a fixed shuffle, padded and repeated: `[count, 3, 32, 32]`."""
    chosen = np.random.RandomState(0).permutation(len(images))[:count]
    margin = (SIDE - GREY_SIDE) // 2
    padded = np.pad(images[chosen], ((0, 0), (margin, margin), (margin, margin)))
    return as_split(np.repeat(padded[:, None], CHANNELS, axis=1), labels[chosen])
