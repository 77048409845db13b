"""The workbench's own trainer with a clock on it that leaves out what the other loops do not do: scoring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn
from typing_extensions import override

from distill_core.config import DistillConfig
from distill_core.events import Checkpointed, Event, PhaseStarted
from distill_core.task import Feed, Score, Split, Task
from distill_core.train.control import RunControl
from distill_core.train.trainer import Trainer


class LapClock:
    """Seconds from lap to lap, without the time spent in `paused` blocks."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._from = now()

    def start(self) -> None:
        """Begins a lap."""
        self._from = self._now()

    def lap(self) -> float:
        """Ends a lap, returns its seconds and begins the next."""
        begun, self._from = self._from, self._now()
        return self._from - begun

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Does not count while the block runs."""
        begun = self._now()
        try:
            yield
        finally:
            self._from += self._now() - begun


class ClockedTrainer(Trainer):
    """A run whose epochs are timed: batches, teacher's answers, steps, events and checkpoints, but no scoring.

    Args:
        config: the recipe.
        task: the benchmark's.
        folder: of the run; a checkpoint ends each epoch.
        home: where the teacher's answers are kept.
        after_epoch: called after each epoch, off the clock, with the epoch's number and its seconds.
    """

    def __init__(
        self,
        config: DistillConfig,
        task: Task,
        folder: Path,
        home: Path,
        after_epoch: Callable[[int, float], None] = lambda _epoch, _seconds: None,
    ) -> None:
        self.events: list[Event] = []
        self._clock = LapClock()
        self._after_epoch = after_epoch
        super().__init__(config, task, self._hear, RunControl(), folder, home)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, PhaseStarted):
            self._clock.start()
        elif isinstance(event, Checkpointed):
            seconds = self._clock.lap()
            with self._clock.paused():
                self._after_epoch(event.step // self.shop.steps_per_epoch, seconds)

    @override
    def _score(self, model: nn.Module, feed: Feed, split: Split) -> Score:
        with self._clock.paused():
            return super()._score(model, feed, split)
