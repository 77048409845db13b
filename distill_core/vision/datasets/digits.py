"""scikit-learn's digits: 1,797 images of 8 x 8 (Alpaydin and Kaynak 1998, UCI); no network, no files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill_core.vision.datasets.splitting import as_data, as_split

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

SEED = 1998
TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2
GREY_LEVELS = 16


def load_digits(config: DistillConfig, home: Path) -> Data:  # noqa: ARG001
    """60 % of every class to train, 20 % to validate, 20 % to test; the 17 grey values spread over 0..255."""
    from sklearn.datasets import load_digits as sklearn_digits

    bunch = sklearn_digits()
    images = np.round(bunch.images * (255 / GREY_LEVELS)).astype(np.uint8)
    labels = bunch.target
    random = np.random.RandomState(SEED)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label in range(10):
        shuffled = random.permutation(np.flatnonzero(labels == label))
        ends = [round(len(shuffled) * share) for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE)]
        for part, indices in zip(parts, np.split(shuffled, ends), strict=True):
            part.extend(indices.tolist())
    train, validation, test = (as_split(images, labels, np.sort(part)) for part in parts)
    return as_data("digits", tuple("0123456789"), train, validation, test)
