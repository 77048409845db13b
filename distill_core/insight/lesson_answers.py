"""Soft answers: the temperatures a reader can choose, class means, and which classes a model finds alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

STOPS = (0.5, 1.0, 2.0, 4.0, 8.0, 20.0)
"""Temperatures that a reader can choose."""


def class_means(answers: Floats, labels: npt.NDArray[np.integer], classes: int) -> Floats:
    """Mean answer `[classes, C]` to the inputs of each true class.

    Args:
        answers: probabilities `[N, C]`.
        labels: `[N]`; every class at least once.
        classes: how many there are.
    """
    return np.stack([answers[labels == number].mean(axis=0) for number in range(classes)])


def without_diagonal(means: Floats) -> Floats:
    """What is left of class means `[C, C]` without the right answers: NaN on the diagonal."""
    rest = means.astype(float).copy()
    np.fill_diagonal(rest, np.nan)
    return rest


def likest(means: Floats, true: int) -> int:
    """The wrong class that gets the largest share of the mean answer to class `true`; `means` is `[C, C]`."""
    return int(np.nanargmax(without_diagonal(means)[true]))


def distance(student: Floats, teacher: Floats) -> float:
    """Mean over classes of half the summed absolute difference off the diagonal of class means `[C, C]`, 0..1.

    How much of an answer to a typical input would have to be moved between the wrong classes, or to the right one.
    """
    apart = np.abs(without_diagonal(student) - without_diagonal(teacher))
    return float(np.nansum(apart, axis=1).mean() / 2)


def strongest(means: Floats, classes: Sequence[str]) -> tuple[str, str, float]:
    """The largest share off the diagonal: true class, class it is taken for, share."""
    rest = without_diagonal(means)
    true, other = np.unravel_index(int(np.nanargmax(rest)), rest.shape)
    return classes[int(true)], classes[int(other)], float(rest[true, other])
