"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) through torchvision, which checks a file's checksum before opening it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from distill_core.errors import DataUnavailable
from distill_core.task import no_matter
from distill_core.vision.datasets.download import fetch
from distill_core.vision.datasets.splitting import all_but, as_data, as_split, choose_per_class

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

SEED = 2009
VALIDATION_SHARE = 0.1
MEAN_STD_10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
MEAN_STD_100 = ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))


def load_cifar10(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """45,000 training, 5,000 validation (500 a class) and 10,000 test images.

    Raises:
        DataUnavailable: if the files are not here and cannot be downloaded.
    """
    return _load("CIFAR10", MEAN_STD_10, config, home, between)


def load_cifar100(config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:
    """45,000 training, 5,000 validation (50 a class) and 10,000 test images.

    Raises:
        DataUnavailable: if the files are not here and cannot be downloaded.
    """
    return _load("CIFAR100", MEAN_STD_100, config, home, between)


def _load(
    torchvision_name: str,
    mean_std: tuple[tuple[float, ...], tuple[float, ...]],
    config: DistillConfig,
    home: Path,
    between: Callable[[], None],
) -> Data:
    train, test = _parts(torchvision_name, config, home, between)
    classes = tuple(train.classes)
    labels = np.asarray(train.targets)
    per_class = int(len(labels) * VALIDATION_SHARE / len(classes))
    validation = choose_per_class(labels, per_class, SEED)
    images = train.data.transpose(0, 3, 1, 2)
    return as_data(
        config.dataset,
        classes,
        as_split(images, labels, all_but(len(labels), validation)),
        as_split(images, labels, validation),
        as_split(test.data.transpose(0, 3, 1, 2), np.asarray(test.targets)),
        mean_std,
    )


def _parts(torchvision_name: str, config: DistillConfig, home: Path, between: Callable[[], None]) -> tuple[Any, Any]:
    """The training and test part as torchvision has them; without a folder given, downloaded if need be."""
    import torchvision

    source = getattr(torchvision.datasets, torchvision_name)
    given = Path(config.data_folder).expanduser() if config.data_folder else None
    root = given or home / "data"
    if root.name == source.base_folder:
        root = root.parent
    try:
        return source(root, train=True), source(root, train=False)
    except (RuntimeError, OSError):
        pass  # Not here, or not whole: torchvision does not say which.
    if given is not None and not (root / source.filename).is_file():
        raise DataUnavailable(
            f"data_folder {config.data_folder!r} does not hold {config.dataset}, or its files are damaged: expected "
            f"the folder {source.base_folder} or the archive {source.filename} ({source.url}). "
            "Put one of them there, or leave data_folder out."
        )
    try:
        if given is None:
            fetch([source.url], root / source.filename, source.tgz_md5, between)
        return _unpacked(source, root)
    except DataUnavailable as error:
        raise DataUnavailable(
            f"{config.dataset} is not here and could not be downloaded. Ways out: fetch {source.url} elsewhere and put "
            f"{source.filename} into a folder that data_folder names; or set dataset to fashion-mnist-mini, "
            f"which needs no network. (Tried {error}.)"
        ) from None


def _unpacked(source: Any, root: Path) -> tuple[Any, Any]:
    """Both parts from the archive in `root`, unpacked beside it."""
    from torchvision.datasets.utils import check_integrity, extract_archive

    archive = root / source.filename
    if not check_integrity(archive, source.tgz_md5):
        raise DataUnavailable(f"{archive} does not have the published checksum")
    try:
        extract_archive(str(archive), str(root))
        return source(root, train=True), source(root, train=False)
    except (RuntimeError, OSError) as error:
        raise DataUnavailable(f"cannot unpack {archive}: {error}") from None
