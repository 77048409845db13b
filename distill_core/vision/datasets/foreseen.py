"""What is known of a data set of images before any image is read."""

from __future__ import annotations

from distill_core.config import DistillConfig
from distill_core.errors import DataUnavailable
from distill_core.task import Foreseen, unknown_in
from distill_core.vision.datasets import DATASETS
from distill_core.vision.datasets.fashion_mnist_mini import CLASSES as FASHION

_NUMBERS = tuple("0123456789")
_FORESEEN = {
    "fashion-mnist-mini": Foreseen(FASHION, (1, 28, 28), 8_000),
    "fashion-mnist-rest": Foreseen(FASHION, (1, 28, 28), 48_000),
    "fashion-mnist": Foreseen(FASHION, (1, 28, 28), 55_000),
    "mnist": Foreseen(_NUMBERS, (1, 28, 28), 55_000),
    "digits": Foreseen(_NUMBERS, (1, 8, 8), 1_078),
    "cifar10": Foreseen(_NUMBERS, (3, 32, 32), 45_000, named=False),
    "cifar100": Foreseen(tuple(map(str, range(100))), (3, 32, 32), 45_000, named=False),
}


def foreseen(config: DistillConfig) -> Foreseen:
    """Of a folder, its sub-folders and files are listed.

    Raises:
        ConfigError: if there is no such data set, or no folder is named.
        DataUnavailable: if the folder cannot be used.
    """
    if config.dataset in _FORESEEN:
        return _FORESEEN[config.dataset]
    if config.dataset != "folder":
        raise unknown_in("vision", "dataset", config.dataset, DATASETS)
    from distill_core.vision.datasets import folder

    try:
        images = folder.split_folders(folder.given_folder(config))["train"]
    except OSError as error:
        raise DataUnavailable(
            f"Cannot list {error.filename or config.data_folder} ({error.strerror or error}). Allow reading it."
        ) from None
    shape = (3, config.image_size, config.image_size)
    return Foreseen(tuple(images), shape, sum(len(paths) for paths in images.values()))
