"""A run's events folded into what a reader looks at: curves and figures, the student's beside the baseline's.

Feeding an event costs a few list appends, so a live page can feed what is new since its last look and forget the
rest; feeding a finished run's whole stream gives the same picture. Kinds are compared as text, so that a module
reloaded while a run goes on does no harm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from distill_core.events import Evaluated, Event, Looked, Measured, PhaseSpan, Started, StepLogged, Watching
from distill_core.insight.classes import ClassGains, class_gains
from distill_core.insight.marks import MOST, Mark, warned, with_pause_ended
from distill_core.insight.measures import ACCURACY, Measure, measures_among
from distill_core.insight.words import difference


@dataclass
class Track:
    """One model's training: the student's, or its baseline's."""

    started: Started | None = None
    step: int = 0
    phase: str = ""
    last: StepLogged | None = None
    finished: bool = False
    kept: dict[str, Any] | None = None
    teacher_accuracy: float | None = None
    teacher_metrics: dict[str, float] = field(default_factory=dict)
    logged: list[dict[str, float]] = field(default_factory=list)
    evaluated: list[dict[str, float]] = field(default_factory=list)
    by_class: dict[float, tuple[float | None, ...]] = field(default_factory=dict)
    happened: list[Mark] = field(default_factory=list)
    best_mark: Mark | None = None
    watching: Watching | None = None
    looks: list[Looked] = field(default_factory=list)
    teacher_look: Looked | None = None

    @property
    def marks(self) -> list[Mark]:
        """What happened beside learning, by step; of the best epochs only the latest is told."""
        return sorted([*self.happened, *([self.best_mark] if self.best_mark else [])], key=lambda mark: mark.step)

    @property
    def steps(self) -> int:
        """Of the whole training; 0 while unknown."""
        return self.started.steps if self.started else 0

    @property
    def epochs(self) -> float:
        """Of the whole training."""
        return self.steps / self.started.steps_per_epoch if self.started and self.started.steps_per_epoch else 0.0

    @property
    def phases(self) -> tuple[PhaseSpan, ...]:
        """What the training does and when; one without a teacher does one thing throughout, whatever its phases."""
        if self.started is None:
            return ()
        return self.started.phases if self.started.teacher else (PhaseSpan("labels only", 0, self.steps, "all"),)

    @property
    def accuracy(self) -> float | None:
        """The latest on validation."""
        return self.evaluated[-1]["validation"] if self.evaluated else None

    @property
    def best(self) -> dict[str, float] | None:
        """What was measured after the epoch whose weights are kept: the first that reached the best on validation.

        What a student had before its first step is not among them.
        """
        judged = (row for row in self.evaluated if row["epoch"] > 0)
        return max(judged, key=lambda row: row["validation"], default=None)

    @property
    def best_accuracy(self) -> float | None:
        """The best on validation so far."""
        return self.best["validation"] if self.best else None

    @property
    def best_epoch(self) -> int | None:
        """After which the student is kept."""
        return int(self.best["epoch"]) if self.best else None

    def losses(self) -> pd.DataFrame:
        """One row a logged step, in the form `figures.loss_curves` takes."""
        return pd.DataFrame(self.logged, columns=None if self.logged else ["step", "loss"])

    def accuracies(self, measure: str = ACCURACY) -> pd.DataFrame:
        """One row an epoch, in the form `figures.accuracy_curves` takes; only accuracy is known of training."""
        frame = pd.DataFrame(self.evaluated)
        if measure != ACCURACY and len(frame):
            frame = frame.assign(validation=frame.get(measure, math.nan), train=math.nan)
        return frame.reindex(columns=["epoch", "validation", "train"]).astype(float)

    def of_teacher(self, measure: str = ACCURACY) -> float | None:
        """The teacher's figure, on validation where that was scored."""
        return self.teacher_accuracy if measure == ACCURACY else self.teacher_metrics.get(measure)

    def feed(self, event: Event) -> None:
        """Takes in what this model's training said."""
        said: Any = event
        if event.kind == "Started":
            self.started = said
            self._go_back_to(said.step)
        elif event.kind == "PhaseStarted":
            self.phase, self.step = said.name, said.step
        elif event.kind == "AnswersKept":
            self.kept = said.to_dict()
        elif event.kind == "StepLogged":
            self.step, self.phase, self.last = said.step, said.phase, said
            raw = {f"{term}_raw": value for term, value in said.terms.items()}
            pulls = {f"{term}_gradient": value for term, value in (said.gradients or {}).items()}
            row = {"step": said.step, "loss": said.loss, "learning_rate": said.learning_rate}
            self.logged.append({**row, **said.weighted, **raw, **pulls})
        elif event.kind == "Evaluated":
            self._evaluated(said)
        elif event.kind == "Watching":
            self.watching = said
        elif event.kind == "Looked" and said.who == "teacher":
            self.teacher_look = said
        elif event.kind == "Looked":
            self.looks = [*(look for look in self.looks if look.epoch != said.epoch), said]
        elif event.kind == "Paused":
            self._mark(Mark("paused", said.step, "paused"))
        elif event.kind == "Resumed":
            self._go_back_to(said.step)
            self.happened = with_pause_ended(self.happened, said.step)
        elif event.kind == "Warned" and self.started is not None:
            self._mark(warned(said.message, self.step))
        elif event.kind == "Measured":
            self._mark(Mark("measured", said.step, "latency measured"))
        elif event.kind == "Finished":
            self.finished = True
            self._learn_teacher(said.result)

    def _mark(self, mark: Mark) -> None:
        self.happened = [*self.happened, mark][-MOST:]

    def _evaluated(self, event: Evaluated) -> None:
        if event.who == "teacher":
            if self.teacher_accuracy is None or event.split == "validation":
                self.teacher_accuracy, self.teacher_metrics = event.accuracy, dict(event.metrics)
        elif event.split == "validation":
            train = math.nan if event.train_accuracy is None else event.train_accuracy
            row = {"step": event.step, "epoch": event.epoch, "validation": event.accuracy, "train": train}
            self.evaluated.append({**event.metrics, **row})
            self.by_class[event.epoch] = event.by_class
            if event.best:
                self.best_mark = Mark("best", event.step, f"best on validation, epoch {event.epoch}")

    def _go_back_to(self, step: int) -> None:
        """A run resumed from a checkpoint takes some steps again; what it said of them the first time goes."""
        self.step = step
        self.logged = [row for row in self.logged if row["step"] <= step]
        self.evaluated = [row for row in self.evaluated if row["step"] <= step]
        self.looks = [look for look in self.looks if look.step <= step]
        self.happened = [mark for mark in self.happened if mark.step <= step]
        if self.best_mark and self.best_mark.step > step:
            self.best_mark = None

    def _learn_teacher(self, result: dict[str, Any]) -> None:
        teacher = result.get("teacher")
        if self.teacher_accuracy is None and teacher:
            self.teacher_accuracy, self.teacher_metrics = teacher.get("accuracy"), dict(teacher.get("metrics") or {})


@dataclass
class RunHistory:
    """A job's two trainings (the baseline's may be missing) and what happened around them."""

    with_baseline: bool = False
    student: Track = field(default_factory=Track)
    baseline: Track = field(default_factory=Track)
    measured: Measured | None = None
    warnings: list[str] = field(default_factory=list)

    def feed(self, event: Event, *, of_baseline: bool = False) -> None:
        """Takes in the next event; `of_baseline` says that it is the baseline's."""
        track = self.baseline if of_baseline else self.student
        track.feed(event)
        said: Any = event
        if event.kind == "Measured" and not of_baseline:
            self.measured = said
        elif event.kind == "Warned" and said.message not in self.warnings:
            self.warnings.append(said.message)

    @property
    def measures(self) -> list[Measure]:
        """What its models were measured by so far, as far as there are curves for it."""
        rows = [row for track in (self.student, self.baseline) for row in track.evaluated[-1:]]
        return measures_among({*self.student.teacher_metrics, *(name for row in rows for name in row)})

    @property
    def in_baseline(self) -> bool:
        """Whether the baseline is what trains now."""
        return self.with_baseline and self.student.started is None and not self.baseline.finished

    @property
    def current(self) -> Track:
        """The training that goes on now, or went on last."""
        return self.baseline if self.in_baseline else self.student

    @property
    def baseline_then(self) -> float | None:
        """What the baseline had on validation after the epoch that the student has reached."""
        before = {row["epoch"]: row["validation"] for row in self.baseline.evaluated}
        return before.get(self.student.evaluated[-1]["epoch"]) if self.student.evaluated else None

    @property
    def lead(self) -> float | None:
        """How far the student is ahead of the baseline after the same epoch, on validation."""
        return difference(self.student.accuracy, self.baseline_then)

    @property
    def where(self) -> str:
        """Which epoch the current training is in: ``epoch 3 of 8``; empty before the first step."""
        track = self.current
        if track.started is None or track.last is None or track.finished:
            return ""
        epochs = math.ceil(track.epochs)
        return f"epoch {min(int(track.step / track.started.steps_per_epoch) + 1, epochs)} of {epochs}"

    @property
    def class_gains(self) -> ClassGains | None:
        """How far the student is ahead of the baseline on each class after the same epoch, on validation."""
        last = self.student.evaluated[-1] if self.student.evaluated else None
        if last is None or self.student.started is None:
            return None
        epoch = last["epoch"]
        pair = self.student.by_class.get(epoch, ()), self.baseline.by_class.get(epoch, ())
        return class_gains(self.student.started.classes, *pair)

    def latency(self, who: str) -> float | None:
        """Measured CPU time for one input in milliseconds, median, of "student" or "teacher"."""
        figures = (self.measured.latency if self.measured else {}).get(who) or {}
        value = figures.get("cpu_ms")
        return float(value) if value is not None else None
