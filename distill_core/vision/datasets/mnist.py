"""MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017), from a local folder or downloaded once.

The addresses and checksums are torchvision's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill_core.errors import DataUnavailable
from distill_core.task import no_matter
from distill_core.vision.datasets import fashion_mnist_mini
from distill_core.vision.datasets.download import fetch
from distill_core.vision.datasets.idx import read_idx
from distill_core.vision.datasets.splitting import Bytes, Integers, all_but, as_data, as_split, choose_per_class

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
VALIDATION_PER_CLASS = 500
REST_VALIDATION_PER_CLASS = 200
SEED = 1998
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MNIST_CLASSES = tuple("0123456789")
MNIST_MEAN_STD = ((0.1307,), (0.3081,))
MNIST_BEGINS = (5, 0, 4, 1, 9)
"""The labels of MNIST's first training images: Fashion-MNIST's files have the same names, and begin otherwise."""


def load_mnist(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """55,000 training, 5,000 validation (500 a class) and 10,000 test images.

    Raises:
        DataUnavailable: if the files are not here and cannot be downloaded, or are something else.
    """
    train_images, train_labels, test_images, test_labels = _arrays("MNIST", config, home, between)
    if tuple(train_labels[: len(MNIST_BEGINS)]) != MNIST_BEGINS:
        raise DataUnavailable("The files found for mnist are not MNIST's; check data_folder.")
    validation = choose_per_class(train_labels, VALIDATION_PER_CLASS, SEED)
    return as_data(
        "mnist",
        MNIST_CLASSES,
        as_split(train_images, train_labels, all_but(len(train_labels), validation)),
        as_split(train_images, train_labels, validation),
        as_split(test_images, test_labels),
        MNIST_MEAN_STD,
    )


def load_fashion_mnist(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """55,000 training, 5,000 validation (500 a class) and 10,000 test images.

    Raises:
        DataUnavailable: if the files are not here and cannot be downloaded, or are something else.
    """
    arrays = _fashion_arrays(config, home, between)
    validation = choose_per_class(arrays[1], VALIDATION_PER_CLASS, SEED)
    return _fashion_data("fashion-mnist", arrays, all_but(len(arrays[1]), validation), validation)


def load_fashion_mnist_rest(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """What the mini set leaves: 48,000 training and 2,000 validation images (200 a class), and all 10,000 test images.

    A teacher trained on this has seen none of the mini set's training and validation images.

    Raises:
        DataUnavailable: if the files are not here and cannot be downloaded, or are something else.
    """
    arrays = _fashion_arrays(config, home, between)
    mini = fashion_mnist_mini.mini_indices()
    rest = all_but(len(arrays[1]), mini)
    validation = choose_per_class(arrays[1], REST_VALIDATION_PER_CLASS, SEED, among=rest)
    return _fashion_data("fashion-mnist-rest", arrays, all_but(len(arrays[1]), mini, validation), validation)


def _fashion_data(name: str, arrays: list[Bytes], train: Integers, validation: Integers) -> Data:
    train_images, train_labels, test_images, test_labels = arrays
    return as_data(
        name,
        fashion_mnist_mini.CLASSES,
        as_split(train_images, train_labels, train),
        as_split(train_images, train_labels, validation),
        as_split(test_images, test_labels),
        fashion_mnist_mini.MEAN_STD,
    )


def _fashion_arrays(config: DistillConfig, home: Path, between: Callable[[], None]) -> list[Bytes]:
    """Fashion-MNIST's four arrays, checked against the embedded part: the same images stand in the same places."""
    arrays = _arrays("FashionMNIST", config, home, between)
    mini = fashion_mnist_mini.read_mini()
    for images, part in ((arrays[0], "train"), (arrays[0], "validation"), (arrays[2], "test")):
        indices = mini[f"{part}_indices"]
        if indices.max() >= len(images) or not np.array_equal(images[indices], mini[f"{part}_images"]):
            raise DataUnavailable(f"The files found for {config.dataset} are not Fashion-MNIST's; check data_folder.")
    return arrays


def _arrays(torchvision_name: str, config: DistillConfig, home: Path, between: Callable[[], None]) -> list[Bytes]:
    """Training images `[N, 28, 28]` and labels `[N]`, then test images and labels; downloaded if need be."""
    downloads = home / "data"
    debian = [DEBIAN_FOLDER] if torchvision_name == "FashionMNIST" else []
    roots = [Path(config.data_folder).expanduser()] if config.data_folder else [downloads, *debian]
    paths = _find(torchvision_name, roots)
    if paths is None and config.data_folder:
        raise DataUnavailable(
            f"data_folder {config.data_folder!r} does not hold {config.dataset}: expected {', '.join(FILES)}, each as "
            f"it is or with .gz, there or in {torchvision_name}/raw/. Put them there, or leave data_folder out."
        )
    if paths is None:
        paths = _download(torchvision_name, config, downloads, between)
    arrays = [read_idx(path) for path in paths]
    for images, labels in (arrays[:2], arrays[2:]):
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) or labels.max(initial=0) > 9:
            raise DataUnavailable(
                f"The files in {paths[0].parent} do not fit together: images {images.shape}, labels {labels.shape}. "
                "Delete them and fetch them again."
            )
    return arrays


def _find(torchvision_name: str, roots: list[Path]) -> list[Path] | None:
    """The four files in the first place that has them all, or None."""
    for root in roots:
        for folder in (root / torchvision_name / "raw", root):
            for suffix in (".gz", ""):
                paths = [folder / f"{name}{suffix}" for name in FILES]
                if all(path.is_file() for path in paths):
                    return paths
    return None


def _download(torchvision_name: str, config: DistillConfig, downloads: Path, between: Callable[[], None]) -> list[Path]:
    import torchvision

    source = getattr(torchvision.datasets, torchvision_name)
    folder = downloads / torchvision_name / "raw"
    try:
        for name, md5 in source.resources:
            fetch([f"{mirror}{name}" for mirror in source.mirrors], folder / name, md5, between)
    except DataUnavailable as error:
        ways = [f"put {', '.join(f'{name}.gz' for name in FILES)} into a folder and set data_folder to it"]
        if torchvision_name == "FashionMNIST":
            ways.insert(0, "install Debian's package dataset-fashion-mnist")
        ways.append("set dataset to fashion-mnist-mini, which needs no network")
        raise DataUnavailable(
            f"{config.dataset} is not here and could not be downloaded. Ways out: {'; '.join(ways)}. (Tried {error}.)"
        ) from None
    return [folder / f"{name}.gz" for name in FILES]
