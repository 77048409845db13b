"""Data sets of images: their names, and `load`, which gives one as three splits.

A new data set is one function `(config, home) -> Data` in a file of this folder and one line in each table here; one
that downloads takes `between` too and is named in `DOWNLOADED`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.task import no_matter, unknown_in

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

DATASETS: dict[str, str] = {
    "fashion-mnist-mini": "8,000 + 2,000 + 4,000 grey images of clothes, 28 pixels square; ships with the project.",
    "fashion-mnist-rest": "The 50,000 training images of Fashion-MNIST that are not in the mini set; teachers use it.",
    "fashion-mnist": "All of Fashion-MNIST: 55,000 + 5,000 + 10,000 grey images of clothes, 28 pixels square.",
    "mnist": "Handwritten digits: 55,000 + 5,000 + 10,000 grey images, 28 pixels square.",
    "cifar10": "Ten kinds of animals and vehicles: 45,000 + 5,000 + 10,000 colour images, 32 pixels square.",
    "cifar100": "A hundred kinds of things: 45,000 + 5,000 + 10,000 colour images, 32 pixels square.",
    "digits": "1,797 tiny grey digits, 8 pixels square, that come with scikit-learn: the quickest thing to try.",
    "folder": "Your own images: a folder with one sub-folder for each class; name it in data_folder.",
}

_SOURCES: dict[str, str] = {
    "fashion-mnist-mini": "fashion_mnist_mini:load_mini",
    "fashion-mnist-rest": "mnist:load_fashion_mnist_rest",
    "fashion-mnist": "mnist:load_fashion_mnist",
    "mnist": "mnist:load_mnist",
    "cifar10": "cifar:load_cifar10",
    "cifar100": "cifar:load_cifar100",
    "digits": "digits:load_digits",
    "folder": "folder:load_folder",
}


DOWNLOADED = ("fashion-mnist-rest", "fashion-mnist", "mnist", "cifar10", "cifar100")


def load(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """The data set `config.dataset`: images uint8 `[N, C, H, W]` and labels int64 `[N]` of three splits.

    Args:
        config: what it says of `dataset`, `data_folder` and `image_size` is used.
        home: the folder whose `data/` keeps downloads.
        between: called between the pieces of a download; may raise to end it.

    Raises:
        ConfigError: if there is no such data set.
        DataUnavailable: if it cannot be had; the message names the ways out.
    """
    if config.dataset not in _SOURCES:
        raise unknown_in("vision", "dataset", config.dataset, _SOURCES)
    module, _, function = _SOURCES[config.dataset].partition(":")
    source: Any = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    data: Data = source(config, home, between) if config.dataset in DOWNLOADED else source(config, home)
    return data
