"""From seconds and accuracies to the figures that are promised, and whether they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median


@dataclass(frozen=True)
class Check:
    """A promise: `measured` must be at least `required`; `low` and `high` are its range over the rounds."""

    name: str
    required: float
    measured: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the promise holds."""
        return self.measured >= self.required


def times_faster(seconds: Sequence[float], reference: Sequence[float]) -> tuple[float, float, float]:
    """How many times as fast as the reference: median, lowest and highest of the ratios, round by round.

    Args:
        seconds: of each round.
        reference: the reference's seconds of the same rounds.
    """
    ratios = [theirs / ours for ours, theirs in zip(seconds, reference, strict=True)]
    return median(ratios), min(ratios), max(ratios)


@dataclass(frozen=True)
class AccuracyCheck:
    """Whether two loops teach equally well: their mean difference against what the choice of seeds explains.

    Attributes:
        ours: accuracies, one a seed.
        theirs: of the same seeds.
        difference: mean of `ours - theirs`.
        noise: two standard errors of that difference.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    difference: float
    noise: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the noise."""
        return abs(self.difference) <= self.noise


def same_accuracy(
    ours: Sequence[float], theirs: Sequence[float], epochs: Sequence[int], test_images: int
) -> AccuracyCheck:
    """Compares the accuracies of two loops on the same seeds.

    The variance of one accuracy is estimated from runs that differ in nothing but the seed: of the same loop and the
    same number of epochs. It is taken as no less than the sampling variance on `test_images`, since a few seeds may
    agree by luck. The two loops see the data in different orders, so their runs are not paired.

    Args:
        ours: accuracies in 0..1, one a seed.
        theirs: of the same seeds.
        epochs: of each of these runs.
        test_images: that each accuracy was measured on.
    """
    groups = [
        [accuracy for accuracy, length in zip(loop, epochs, strict=True) if length == epoch]
        for loop in (ours, theirs)
        for epoch in set(epochs)
    ]
    squares = sum((accuracy - mean(group)) ** 2 for group in groups for accuracy in group)
    freedom = sum(len(group) - 1 for group in groups)
    level = mean([*ours, *theirs])
    one = max(squares / freedom if freedom else 0.0, level * (1 - level) / test_images)
    difference = mean(ours) - mean(theirs)
    return AccuracyCheck(tuple(ours), tuple(theirs), difference, 2 * math.sqrt(2 * one / len(ours)))
