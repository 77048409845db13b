"""Choosing images by class with a fixed seed, and putting splits together into `Data`."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distill_core.errors import DataUnavailable
from distill_core.task import Data, DataFacts, Split

Integers = NDArray[np.integer]
Bytes = NDArray[np.uint8]


def choose_per_class(labels: Integers, per_class: int, seed: int, among: Integers | None = None) -> Integers:
    """Indices of `per_class` images of every class, ascending.

    `RandomState` is used because its stream is frozen (NEP 19): the same seed chooses the same images for ever.

    Args:
        labels: the class of every image `[N]`.
        per_class: how many to choose of each class that occurs in `labels`.
        seed: decides which.
        among: the indices to choose from; all by default.

    Raises:
        DataUnavailable: if a class has fewer.
    """
    random = np.random.RandomState(seed)
    candidates = np.arange(len(labels)) if among is None else among
    chosen: list[Integers] = []
    for label in np.unique(labels):
        of_class = candidates[labels[candidates] == label]
        if len(of_class) < per_class:
            raise DataUnavailable(
                f"Class {label} has {len(of_class)} images, but {per_class} are to be set aside for validation; "
                "the data set's files are not the published ones. Fetch them again."
            )
        chosen.append(random.permutation(of_class)[:per_class])
    return np.sort(np.concatenate(chosen))


def all_but(count: int, *taken: Integers) -> Integers:
    """The indices below `count` that are in none of `taken`, ascending."""
    left = np.ones(count, dtype=bool)
    for indices in taken:
        left[indices] = False
    return np.flatnonzero(left)


def as_split(images: Bytes, labels: Integers, indices: Integers | None = None) -> Split:
    """A split of the chosen images; grey ones `[N, H, W]` get their channel: `[N, 1, H, W]`."""
    if indices is not None:
        images, labels = images[indices], labels[indices]
    if images.ndim == 3:
        images = images[:, None]
    inputs = torch.from_numpy(np.array(images, dtype=np.uint8, order="C"))
    return Split(inputs, torch.from_numpy(labels.astype(np.int64)))


def as_data(
    name: str,
    classes: tuple[str, ...],
    train: Split,
    validation: Split,
    test: Split,
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> Data:
    """The three splits with their facts; mean and standard deviation are the training split's if not given."""
    mean, std = mean_std or channel_statistics(train.inputs)
    digest = hashlib.sha256()
    for split in (train, validation, test):
        for part in (split.inputs, split.labels):
            digest.update(f"{part.dtype}{tuple(part.shape)}".encode())
            digest.update(part.contiguous().numpy().data)
    facts = DataFacts(name, classes, tuple(train.inputs.shape[1:]), mean, std, digest.hexdigest())
    return Data(facts, train, validation, test)


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of every channel of uint8 `[N, C, H, W]`, in units of 0..1, exact.

    A channel that never changes gets the deviation 1, so that dividing by it is harmless.
    """
    means, stds = [], []
    values = torch.arange(256, dtype=torch.float64) / 255
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).double()
        mean = float((counts * values).sum() / counts.sum())
        variance = float((counts * (values - mean) ** 2).sum() / counts.sum())
        means.append(round(mean, 6))
        stds.append(round(variance**0.5, 6) or 1.0)
    return tuple(means), tuple(stds)
