"""What every open tab shares of a run: its history and its finished charts, made once for each piece of news."""

from __future__ import annotations

import sys
import threading
import types
import zlib
from collections import OrderedDict
from typing import Any, Literal

from distill_core.figures import accuracy_curves, class_bars, loss_curves, rate_curve
from distill_core.figures.loss import Show
from distill_core.figures.steps import Steps
from distill_core.insight.history import RunHistory, Track
from distill_core.insight.marks import Mark, told
from distill_core.insight.measures import ACCURACY, MEASURES, Measure
from distill_core.insight.standing import empty_chart, no_shares
from distill_core.runs.fork import forked_at
from distill_core.runs.records import Snapshot
from pages.components.jobs import manager
from pages.components.live_chart import payload

OverSteps = Show | Literal["rate"]
"""What can be seen over the steps: the terms of the loss in one of their figures, or the learning rate."""

KEPT = 16
CHART_HEIGHT = 360
CLASSES_HEIGHT = 240


class LiveRun:
    """One run as all tabs see it; `look` costs microseconds while there is no news."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.history = RunHistory()
        self._cursor = 0
        self._status = ""
        self._forks: list[Mark] = []
        self._charts: dict[str, tuple[str, bytes]] = {}
        self._lock = threading.Lock()

    def look(self) -> Snapshot:
        """Takes in the news and returns the run now.

        Raises:
            DistillError: if the run was deleted meanwhile.
        """
        with self._lock:
            snapshot = manager().snapshot(self.run_id, since=self._cursor)
            config = snapshot.record.config
            self.history.with_baseline = config.baseline and config.teacher is not None
            for event in snapshot.events:
                self.history.feed(event.event, of_baseline=event.run_id != self.run_id)
            self._cursor, self._status = snapshot.last_seq, snapshot.status
            if started := self.history.student.started:
                steps = forked_at(snapshot.record, manager().store.home, started.steps_per_epoch)
                self._forks = [Mark("forked", step, "another run began from here") for step in steps]
            return snapshot

    @property
    def marks(self) -> list[Mark]:
        """What happened beside learning in the training that goes on now, or went on last."""
        forks = [] if self.history.in_baseline else self._forks
        return sorted([*self.history.current.marks, *forks], key=lambda mark: mark.step)

    def over_steps(self, show: OverSteps = "weighted", logarithmic: bool = False) -> bytes:
        """The chart of the loss or of the learning rate: the baseline's while that trains, then the student's."""
        track = self.history.current
        whose = "baseline" if self.history.in_baseline else "student"
        measured = self.history.measured if whose == "student" else None
        empty = no_shares(self._status) if show == "share" and track.logged else empty_chart(self._status, "step")
        view = f"{show}-{'log' if logarithmic else 'linear'}"
        marks = self.marks
        version = f"{view}-{whose}-{len(track.logged)}-{track.step}-{track.steps}-{_mark_of(marks)}"
        steps = Steps(track.phases, track.steps, measured.step if measured else None, marks)
        of_baseline = whose == "baseline"

        def draw() -> Any:
            frame = track.losses()
            if show == "rate":
                return rate_curve(frame, steps, of_baseline=of_baseline, empty=empty)
            return loss_curves(frame, steps, show=show, logarithmic=logarithmic, of_baseline=of_baseline, empty=empty)

        what = {"rate": "Learning rate", "share": "Shares of the gradient"}.get(show, "Loss")
        alt = f"{what} of the {whose} over the training steps. {told(marks)}"
        return self._chart("loss", view, f"{version}-{empty}", alt, draw)

    def accuracies(self, measure: Measure = MEASURES[ACCURACY]) -> bytes:
        """The chart of accuracy, or another measure: student and baseline over the epochs, the teacher as a line."""
        student, baseline = self.history.student, self.history.baseline
        teacher = student.of_teacher(measure.name)
        empty = empty_chart(self._status, "epoch")
        version = f"{len(student.evaluated)}-{len(baseline.evaluated)}-{teacher}-{student.steps or baseline.steps}"
        marks = [] if self.history.in_baseline else self.marks
        version = f"{measure.name}-{version}-{_mark_of(marks)}"
        version += "" if student.evaluated or baseline.evaluated else f"-{empty}"

        def draw() -> Any:
            return accuracy_curves(
                student.accuracies(measure.name),
                baseline.accuracies(measure.name) if self.history.with_baseline else None,
                epochs=student.epochs or baseline.epochs,
                teacher=teacher,
                measure=measure,
                marks=marks,
                steps_per_epoch=student.started.steps_per_epoch if student.started else 1,
                empty=empty,
            )

        whose = "the student" if measure.of_student else "student, baseline and teacher"
        alt = f"{measure.axis.capitalize()}: {whose} over the epochs"
        return self._chart("accuracy", measure.name, version, alt, draw)

    def classes(self) -> tuple[bytes, str] | None:
        """The gain of each class as a chart, and in a sentence; None while student or baseline have none to tell."""
        found = self.history.class_gains
        if found is None:
            return None
        version = f"{len(self.history.student.evaluated)}"
        alt = f"Gain of the student over the baseline, class by class. {found.sentence}"
        return self._chart("classes", "", version, alt, lambda: class_bars(found.frame), CLASSES_HEIGHT), found.sentence

    def _chart(self, name: str, view: str, version: str, alt: str, draw: Any, height: int = CHART_HEIGHT) -> bytes:
        """The finished chart; tabs that look at it in different views have one each."""
        with self._lock:
            known = self._charts.get(name + view)
            if known is None or known[0] != version:
                chart = payload(draw(), name=name, version=f"{self.run_id}-{version}", alt=alt, height=height)
                known = self._charts[name + view] = (version, chart)
            return known[1]


def _mark_of(marks: list[Mark]) -> int:
    """Another number for other marks."""
    return zlib.crc32(repr(marks).encode())


def live_run(run_id: str) -> LiveRun:
    """The process's one `LiveRun` of a run; the least recently looked at are forgotten."""
    shelf = _shelf()
    with shelf.lock:
        run = shelf.runs.get(run_id)
        if run is None or type(run) is not LiveRun:
            run = shelf.runs[run_id] = LiveRun(run_id)
        shelf.runs.move_to_end(run_id)
        while len(shelf.runs) > KEPT:
            shelf.runs.popitem(last=False)
        return run


def student_track(run_id: str) -> Track:
    """How a run's student learned, from what the run said; read once for all tabs."""
    run = live_run(run_id)
    run.look()
    return run.history.student


def _shelf() -> Any:
    """Kept where a saved source file cannot evict it."""
    fresh = types.ModuleType("distill_pages_shelf")
    fresh.lock, fresh.runs = threading.Lock(), OrderedDict()  # type: ignore[attr-defined]
    return sys.modules.setdefault("distill_pages_shelf", fresh)
