"""`fashion-mnist-mini`: a balanced part of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) that needs no network.

`distill_core/assets/make_fashion_mnist_mini.py` made it; `provenance.json` beside the file says from what.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill_core.errors import DataUnavailable
from distill_core.vision.datasets.splitting import Bytes, Integers, as_data, as_split

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

FOLDER = Path(__file__).parents[2] / "assets" / "fashion-mnist-mini"
FILE = FOLDER / "images.npz"
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
MEAN_STD = ((0.2860,), (0.3530,))
"""Of Fashion-MNIST's 60,000 training images; its subsets share it, so teachers and students see the same inputs."""


def load_mini(config: DistillConfig, home: Path) -> Data:  # noqa: ARG001
    """8,000 training, 2,000 validation and 4,000 test images, each balanced by class.

    Raises:
        DataUnavailable: if the file that ships with the project is missing or damaged.
    """
    arrays = read_mini()
    train, validation, test = (
        as_split(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "validation", "test")
    )
    return as_data("fashion-mnist-mini", CLASSES, train, validation, test, MEAN_STD)


def read_mini() -> dict[str, Bytes]:
    """The arrays of the file: for train, validation and test `*_images [N, 28, 28]`, `*_labels [N]`, `*_indices [N]`.

    The indices say where an image stands among Fashion-MNIST's 60,000 training or 10,000 test images.

    Raises:
        DataUnavailable: if the file is missing or damaged.
    """
    try:
        with np.load(FILE, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataUnavailable(
            f"Cannot read {FILE} ({error}). It ships with the project: restore it from the repository."
        ) from None


def mini_indices() -> Integers:
    """Which of Fashion-MNIST's 60,000 training images are in the mini set `[10000]`, ascending."""
    arrays = read_mini()
    return np.sort(np.concatenate([arrays["train_indices"], arrays["validation_indices"]]))
