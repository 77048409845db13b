"""What several seeds say together: the mean gain and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from distill_core.insight.words import points

Answer = Literal["better", "worse", "unclear"]


@dataclass(frozen=True)
class MeanGain:
    """The mean of paired gains, as shares of 1, and the half-width of its interval (None with a single seed)."""

    mean: float
    half_width: float | None
    seeds: int
    level: float = 0.95

    @property
    def answer(self) -> Answer:
        """What is shown: a difference only where the interval leaves out 0."""
        if self.half_width is None or abs(self.mean) <= self.half_width:
            return "unclear"
        return "better" if self.mean > 0 else "worse"

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if self.half_width is None:
            return f"{points(self.mean)} with one seed. One seed cannot show how much is chance: take three or more."
        size = f"{points(self.mean)} ± {100 * self.half_width:.1f} ({self.level:.0%} interval over {self.seeds} seeds)"
        if self.answer == "better":
            return f"Distilling is better than labels alone: {size}."
        if self.answer == "worse":
            return f"Distilling is WORSE than labels alone: {size}."
        return f"No difference is shown between distilling and labels alone: {size}, which includes 0."


def mean_gain(gains: Sequence[float], level: float = 0.95) -> MeanGain:
    """The mean of the gains of several seeds with Student's t interval.

    Each gain is a difference of two runs of the same seed, so what a seed does to both cancels.

    Args:
        gains: student minus baseline, one for each seed, shares of 1.
        level: of the two-sided interval.

    Raises:
        ValueError: if there are no gains.
    """
    if not gains:
        raise ValueError("there are no gains to take the mean of")
    if len(gains) == 1:
        return MeanGain(gains[0], None, 1, level)
    half = t_quantile((1 + level) / 2, len(gains) - 1) * stdev(gains) / math.sqrt(len(gains))
    return MeanGain(fmean(gains), half, len(gains), level)


def t_quantile(share: float, degrees: int) -> float:
    """The value that Student's t stays below with this probability, 0.5 <= share < 1, by bisection."""
    low, high = 0.0, 1.0
    while t_cdf(high, degrees) < share:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, degrees) < share else (low, middle)
    return (low + high) / 2


def t_cdf(value: float, degrees: int) -> float:
    """The probability that Student's t with whole degrees of freedom is below `value` >= 0.

    The finite sums of Abramowitz & Stegun 1964, equations 26.7.3 and 26.7.4.
    """
    angle = math.atan2(value, math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for index in range(degrees // 2):
        total += term
        step = 2 * index + 1 + odd
        term *= step / (step + 1) * cosine**2
    within = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + within) / 2
