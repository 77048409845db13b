"""What the loop writes down between two messages, and how long things take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from torch import Tensor

POINTS = 500
POINTS_A_GRADIENT = 5
"""A point in five has the gradient of each term, where that is asked for: each costs a further pass back."""


def steps_between_points(steps: int) -> int:
    """How many steps one logged point covers, so that a run has at most `POINTS` of them."""
    return max(1, -(-steps // POINTS))


@dataclass
class TermMeans:
    """Means of loss terms over the steps since the last `take`, raw and weighted; `last` has the last step weighted."""

    raw: dict[str, float] = field(default_factory=dict)
    weighted: dict[str, float] = field(default_factory=dict)
    steps: int = 0
    last: dict[str, float] = field(default_factory=dict)

    def add(self, terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> None:
        """One step's raw terms and the weights they had in it."""
        numbers = {term: value.item() for term, value in terms.items()}
        self.last = {term: weights[term] * number for term, number in numbers.items()}
        for term, number in numbers.items():
            self.raw[term] = self.raw.get(term, 0.0) + number
            self.weighted[term] = self.weighted.get(term, 0.0) + self.last[term]
        self.steps += 1

    def take(self) -> tuple[dict[str, float], dict[str, float]]:
        """The means, raw and weighted, and starts anew."""
        means = [{term: total / self.steps for term, total in sums.items()} for sums in (self.raw, self.weighted)]
        self.raw, self.weighted, self.steps = {}, {}, 0
        return means[0], means[1]


@dataclass
class TrainAccuracy:
    """Accuracy over the labelled images of the epoch in progress."""

    right: int = 0
    seen: int = 0

    def add(self, logits: Tensor, labels: Tensor, labelled: Tensor) -> None:
        """One batch: logits `[B, C]`, labels `[B]`, labelled `[B]` bool."""
        self.right += int(((logits.detach().argmax(dim=1) == labels) & labelled).sum())
        self.seen += int(labelled.sum())

    def take(self) -> float | None:
        """The accuracy, or None if no labelled image was seen; starts anew."""
        accuracy = self.right / self.seen if self.seen else None
        self.right = self.seen = 0
        return accuracy


class StopWatch:
    """Seconds spent inside `counting` blocks.

    Args:
        seconds: already on the watch, for a resumed run.
        now: a clock, for tests.
    """

    def __init__(self, seconds: float = 0.0, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = seconds
        self._now = now

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts while the block runs."""
        begun = self._now()
        try:
            yield
        finally:
            self.seconds += self._now() - begun
