"""A run's events as a person at a terminal wants them: lines as things pass, and figures of the moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from distill_core.config import DistillConfig
from distill_core.insight.beginning import how_it_began
from distill_core.insight.kept import what_is_kept
from distill_core.insight.measures import MEASURES, called, in_words
from distill_core.insight.speed import one_input, writing_speed
from distill_core.insight.words import about, count, megabytes, percent
from distill_core.runs.progress import Track, seconds_left, share_done
from distill_core.runs.records import RunEvent
from distill_core.task import task_named
from distill_core.terminal.screen import side_by_side


@dataclass(frozen=True)
class Said:
    """A line; those of kind "epoch" are left out where a progress bar shows the figures anyway."""

    text: str
    kind: Literal["passed", "epoch", "warning"] = "passed"


class Watch:
    """What is known of a job: its run's track and, if it trains one, its baseline's.

    Args:
        run_id: the job's run; events of any other run are its baseline's.
        config: the run's.
    """

    def __init__(self, run_id: str, config: DistillConfig) -> None:
        self.run_id = run_id
        self.own, self.baseline = Track(), Track()
        self.wants_baseline = config.baseline and config.teacher is not None
        self.logged: Any = None
        self.validation: float | None = None
        self.steps_per_epoch = 1
        self._whose = "student"
        self._baseline_id = ""
        self._told: set[str] = set()
        self._pool: int | None = None
        self._labels_only = False
        self._noun = task_named(config.task).noun
        self.warnings: set[str] = set()

    @property
    def track(self) -> Track:
        """The training in hand."""
        return self.baseline if self._whose == "baseline" else self.own

    @property
    def share(self) -> float:
        """Of the job's steps; see `runs.progress.share_done`."""
        return share_done(self.own, self.baseline, self._with_baseline)

    @property
    def seconds_left(self) -> float | None:
        """Of the training; see `runs.progress.seconds_left`."""
        return seconds_left(self.own, self.baseline if self._with_baseline else None)

    @property
    def _with_baseline(self) -> bool:
        """Whether the job trains a baseline: it has begun to, or may still."""
        return self.baseline.steps > 0 or (self.wants_baseline and not self.own.started)

    @property
    def doing(self) -> str:
        """What happens now, in a few words."""
        track = self.track
        if track.preparing:
            return track.preparing
        if track.trained:
            return "putting the results together"
        if not track.phase:
            return "getting ready"
        return f"{self._whose}: {'labels only' if self._labels_only else track.phase}"

    @property
    def figures(self) -> str:
        """Loss, validation accuracy and speed of the training in hand."""
        if self.logged is None:
            return ""
        parts = [f"loss {self.logged.loss:.3f}"]
        if self.validation is not None:
            parts.append(f"validation {percent(self.validation)}")
        return "  ".join([*parts, f"{self.logged.images_per_second:,.0f} {self._noun}/s"])

    @property
    def left(self) -> str:
        """The time left, in words."""
        seconds = self.seconds_left
        return f"{about(seconds)} left" if seconds else ""

    def see(self, event: RunEvent) -> list[Said]:
        """Takes in an event and returns what is worth a line."""
        self._whose = "student" if event.run_id == self.run_id else "baseline"
        if self._whose == "baseline" and event.run_id != self._baseline_id:
            self._baseline_id, self.baseline = event.run_id, Track()
        self.track.see(event.event)
        said = getattr(self, f"_{event.event.kind.lower()}", None)
        return list(said(event.event)) if said else []

    # One for each kind of event that is worth a line

    def _started(self, event: Any) -> Iterator[Said]:
        self.logged = self.validation = self._pool = None
        self._labels_only = event.teacher is None
        self.steps_per_epoch = event.steps_per_epoch
        student = f"{event.student.name} ({count(event.student.parameters)} parameters)"
        labels = f"{event.labels:,} of {event.images:,} labels" if event.labels < event.images else "all labels"
        if event.teacher is None:
            first = "Baseline first: " if self._whose == "baseline" else ""
            yield Said(f"{first}{student} learns from {labels} of {event.dataset}, without a teacher")
        else:
            teacher = f"{event.teacher.name} ({count(event.teacher.parameters)} parameters)"
            yield Said(f"{student} learns from {teacher} on {event.images:,} {self._noun} of {event.dataset}, {labels}")
        yield from map(Said, how_it_began(event.beginning))

    def _preparing(self, event: Any) -> Iterator[Said]:
        nothing_to_do = event.total > 1 and event.done >= event.total
        if event.what not in self._told and not nothing_to_do:
            self._told.add(event.what)
            yield Said(event.what)

    def _answerskept(self, event: Any) -> Iterator[Said]:
        yield from map(Said, what_is_kept(event.to_dict()))

    def _phasestarted(self, event: Any) -> Iterator[Said]:
        if not self._labels_only:
            yield Said(f"{self._whose}: {event.name}, from {event.pool_size:,} {self._noun}")
        elif event.pool_size != self._pool:
            self._pool = event.pool_size
            yield Said(f"{self._whose}: labels only, {event.pool_size:,} {self._noun}")

    def _steplogged(self, event: Any) -> Iterator[Said]:
        self.logged = event
        yield from ()

    def _evaluated(self, event: Any) -> Iterator[Said]:
        if event.split == "test":
            yield Said(self._tested(event))
            return
        if event.who == "teacher":
            yield Said(f"The teacher reaches {percent(event.accuracy)} on validation")
            return
        self.validation = event.accuracy
        epochs = self.track.steps // self.steps_per_epoch
        parts = [f"{self._whose}: epoch {event.epoch} of {epochs}", self.figures, self.left]
        yield Said("  ".join(filter(None, parts)), "epoch")

    def _tested(self, event: Any) -> str:
        """What is known before the file is made and measured, which of a large model takes minutes."""
        who = "teacher" if event.who == "teacher" else self._whose
        metrics = {name: value for name, value in event.metrics.items() if name in MEASURES and value is not None}
        figures = [f"{called(name)} {in_words(name, metrics[name])}" for name in MEASURES if name in metrics]
        return ", ".join([f"On test, the {who}: {percent(event.accuracy)}", *figures])

    def _measured(self, event: Any) -> Iterator[Said]:
        times = [
            f"{who} {side_by_side(event.latency[who].get('cpu_ms'))}"
            for who in ("student", "teacher")
            if event.latency.get(who)
        ]
        what = one_input(event.latency.get("student"), self._noun.removesuffix("s"))
        yield Said(f"CPU time, {what}: {', '.join(times)}")
        yield from map(Said, writing_speed(event.latency))

    def _exported(self, event: Any) -> Iterator[Said]:
        yield Said(f"Exported to ONNX: {megabytes(event.bytes)}")

    def _paused(self, event: Any) -> Iterator[Said]:
        yield Said(f"Paused before step {event.step + 1:,}")

    def _resumed(self, event: Any) -> Iterator[Said]:
        yield Said(f"Goes on from step {event.step:,}")

    def _warned(self, event: Any) -> Iterator[Said]:
        if event.message not in self.warnings:
            self.warnings.add(event.message)
            yield Said(f"Note: {event.message}", "warning")
