"""What timings say: percentiles, preemption, and ratios with their range. Pure functions, no clock in here.

Timings come as a list of repeats, each a list of nanoseconds, one a round; entry `[i][j]` of two models was taken in
the same round, so their quotient is hardly moved by what else the machine did at that moment.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

PREEMPTED_ABOVE = 1.2
BUSY_SHARE, HIDE_WALL_SHARE = 0.2, 0.5
STABLE_RANGE = 0.05
SAMPLES_FOR_P99 = 1000

Repeats = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Ratio:
    """How many times as long one model takes as another: `low` and `high` are the smallest and largest repeat."""

    median: float
    low: float
    high: float
    stable: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def flat(repeats: Repeats) -> list[int]:
    """All samples in one list."""
    return [sample for repeat in repeats for sample in repeat]


def milliseconds(nanoseconds: float) -> float:
    """Nanoseconds as milliseconds, to a tenth of a microsecond."""
    return round(nanoseconds / 1e6, 4)


def percentile(values: Iterable[float], percent: float) -> float:
    """The value below which `percent` of the values lie, between neighbours by a straight line (numpy's default)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def paired_ratio(numerator: Repeats, denominator: Repeats) -> Ratio:
    """The median over all rounds of the quotient within a round, and its range over the repeats' own medians."""
    quotients = [
        [above / max(below, 1) for above, below in zip(tops, bottoms, strict=True)]
        for tops, bottoms in zip(numerator, denominator, strict=True)
    ]
    of_repeats = [statistics.median(repeat) for repeat in quotients]
    median = statistics.median(quotient for repeat in quotients for quotient in repeat)
    low, high = min(of_repeats), max(of_repeats)
    return Ratio(median, low, high, stable=high - low <= STABLE_RANGE * median)


def preempted_share(wall: Repeats, cpu: Repeats) -> float:
    """The share of samples, 0..1, in which the clock on the wall ran over 1.2 times as long as the thread computed."""
    pairs = list(zip(flat(wall), flat(cpu), strict=True))
    return sum(on_wall > PREEMPTED_ABOVE * on_cpu for on_wall, on_cpu in pairs) / len(pairs)


def wall_percentiles(wall: Repeats, preempted: float | None) -> dict[str, float | None]:
    """p50, p90, p95 in milliseconds, and p99 from 1,000 samples on; None where most samples were preempted."""
    samples = flat(wall)
    percents = (50, 90, 95, 99) if len(samples) >= SAMPLES_FOR_P99 else (50, 90, 95)
    hidden = preempted is not None and preempted > HIDE_WALL_SHARE
    return {f"p{each}": None if hidden else milliseconds(percentile(samples, each)) for each in percents}


def spread(repeats: Repeats) -> dict[str, float | int]:
    """Percentiles of all samples in milliseconds, and between which ends the repeats' own medians lie.

    The smallest and the largest of R repeats' medians enclose their common median with probability 1 - 2 / 2**R, if
    the repeats are independent, whatever the distribution is: 94% for five.

    Returns:
        `p50`, `p90`, `p95`, and of the repeats `low`, `high` and `repeats`, how many there were.
    """
    every, medians = flat(repeats), [statistics.median(repeat) for repeat in repeats]
    return {
        **{f"p{each}": milliseconds(percentile(every, each)) for each in (50, 90, 95)},
        "low": milliseconds(min(medians)),
        "high": milliseconds(max(medians)),
        "repeats": len(medians),
    }


def busy_message(preempted: dict[str, float]) -> str | None:
    """What to tell the user if other programs took the processor away while models were timed."""
    worst = max(preempted.values(), default=0.0)
    if worst <= BUSY_SHARE:
        return None
    hidden = " Wall-clock times are hidden; CPU times still hold." if worst > HIDE_WALL_SHARE else ""
    return (
        f"Busy machine: up to {worst:.0%} of the timed calls were interrupted by other programs.{hidden} "
        "Close them and measure again for clean figures."
    )
