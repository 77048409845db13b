"""The loops of the benchmark, taking turns epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from distill_core.bench.by_hand import ByHandLoop
from distill_core.bench.clocked import ClockedTrainer
from distill_core.bench.ordinary import OrdinaryLoop
from distill_core.bench.work import BATCH, DRAWS, STUDENT, BenchTask, Say, Size, recipe, trained_teacher
from distill_core.config import DistillConfig
from distill_core.scoring import evaluate
from distill_core.task import Data, Split
from distill_core.train.result import RunResult

WORKERS = (0, 2)
TRIAL_IMAGES = 20 * BATCH


@dataclass
class Measured:
    """What a contest found: seconds of each epoch of the timed run, and accuracies by seed.

    Attributes:
        ordinary: seconds of the ordinary loop's epochs.
        workbench: seconds of the workbench's; its cache is filled during the first `DRAWS`.
        by_hand: seconds of the hand-written loop, which begins after `DRAWS` epochs: then it has answers to look up.
        ordinary_accuracy: after the last epoch, one a seed.
        workbench_accuracy: of the same seeds.
        workers: images per second of the ordinary loop by its number of loading processes.
        facts: what the workbench says of its timed run.
    """

    ordinary: list[float] = field(default_factory=list)
    workbench: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    ordinary_accuracy: list[float] = field(default_factory=list)
    workbench_accuracy: list[float] = field(default_factory=list)
    workers: dict[int, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Contest:
    """Sets the loops to the same work.

    Args:
        size: of the work.
        home: where the benchmark's teacher is kept between runs.
        scratch: an empty folder for the workbench's runs and its cache.
        say: told how it goes.
    """

    def __init__(self, size: Size, home: Path, scratch: Path, say: Say) -> None:
        self.measured = Measured()
        self._size, self._scratch, self._say = size, scratch, say
        self._task = BenchTask(size)
        self._data = self._task.load_data(DistillConfig(), home)
        self._teacher = trained_teacher(self._task, size, home, say)
        self._workers = 0

    def choose_workers(self) -> None:
        """Gives the ordinary loop the number of loading processes that serves it best here."""
        train, config = self._data.train, self._config(epochs=4, seed=0)
        few = Data(
            self._data.facts,
            Split(train.inputs[:TRIAL_IMAGES], train.labels[:TRIAL_IMAGES]),
            self._data.validation,
            self._data.test,
        )
        loops = {workers: self._ordinary(config, few, workers) for workers in WORKERS}
        best = dict.fromkeys(WORKERS, float("inf"))
        for _ in range(2):
            for workers, loop in loops.items():
                best[workers] = min(best[workers], timed(loop.epoch))
        images = len(few.train) // BATCH * BATCH
        self.measured.workers = {workers: images / seconds for workers, seconds in best.items()}
        self._workers = min(best, key=lambda workers: best[workers])
        self._say(f"ordinary loop takes {self._workers} loading processes")

    def timed_run(self) -> None:
        """All loops in turns, seed 0; the workbench begins with an empty cache."""
        measured, config = self.measured, self._config(self._size.epochs, seed=0)
        ordinary = self._ordinary(config, self._data, self._workers)
        by_hand: list[ByHandLoop] = []

        def others(epoch: int, seconds: float) -> None:
            measured.workbench.append(seconds)
            measured.ordinary.append(timed(ordinary.epoch))
            if by_hand:
                measured.by_hand.append(timed(by_hand[0].epoch))
            elif epoch == DRAWS:
                by_hand.append(ByHandLoop(self._data, self._student(seed=0), _answers(trainer), config))
            took = (measured.ordinary, measured.workbench, measured.by_hand)
            rates = [f"{self._size.images_per_epoch / each[-1]:.0f}" for each in took if each]
            self._say(
                f"round {epoch} of {self._size.epochs} (ordinary, workbench, hand-written): {', '.join(rates)} images/s"
            )

        trainer = ClockedTrainer(config, self._task, self._scratch / "run-0", self._scratch, others)
        result = trainer.run()
        self._compare(result, ordinary)
        assert result.student is not None
        assert result.teacher is not None
        measured.facts = {
            "student_parameters": result.student.parameters,
            "teacher_parameters": result.teacher.parameters,
            "teacher_accuracy": result.teacher.accuracy,
            "teacher_forwards": result.teacher_forwards,
            "memory_format": result.memory_format,
            "threads": result.threads,
        }

    def further_seeds(self) -> None:
        """The ordinary loop and the workbench on other seeds, for their accuracies."""
        for seed in range(1, 1 + self._size.seeds):
            config = self._config(self._size.short_epochs, seed)
            ordinary = self._ordinary(config, self._data, self._workers)
            for _ in range(self._size.short_epochs):
                ordinary.epoch()
            trainer = ClockedTrainer(config, self._task, self._scratch / f"run-{seed}", self._scratch)
            self._compare(trainer.run(), ordinary)

    def _compare(self, result: RunResult, ordinary: OrdinaryLoop) -> None:
        """Notes both accuracies after the last epoch; the benchmark's validation split is its test split."""
        assert result.student is not None
        assert result.student.last_accuracy is not None
        test, facts = self._data.test, self._data.facts
        feed = self._task.feed(test, facts, None, torch.device("cpu"), channels_last=False)
        theirs = evaluate(ordinary.student, feed, test.labels).accuracy
        self.measured.workbench_accuracy.append(result.student.last_accuracy)
        self.measured.ordinary_accuracy.append(theirs)
        self._say(f"test accuracy: workbench {result.student.last_accuracy:.1%}, ordinary {theirs:.1%}")

    def _config(self, epochs: int, seed: int) -> DistillConfig:
        return recipe(self._size, self._teacher, epochs, seed)

    def _student(self, seed: int) -> nn.Module:
        return self._task.build(STUDENT, self._data.facts, seed)

    def _ordinary(self, config: DistillConfig, data: Data, workers: int) -> OrdinaryLoop:
        teacher, _card = self._task.load_teacher(str(self._teacher), data.facts)
        return OrdinaryLoop(data, self._student(config.seed), teacher, config, workers)


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _answers(trainer: ClockedTrainer) -> Tensor:
    """The teacher's answers `[D, N, C]` that a run has gathered in its first D epochs."""
    answers = trainer.shop.answers
    assert answers is not None
    images = torch.arange(len(trainer.shop.data.train))
    for draw in range(DRAWS):
        answers.prepare(draw, images)
    return torch.stack([answers.at(images, torch.full_like(images, draw)) for draw in range(DRAWS)])
