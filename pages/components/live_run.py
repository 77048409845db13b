"""What every open tab shares of a run: its history and its finished charts, made once for each piece of news."""

from __future__ import annotations

import sys
import threading
import types
from collections import OrderedDict
from typing import Any

from distill_core.figures import accuracy_curves, loss_curves
from distill_core.figures.loss import Show
from distill_core.insight.history import RunHistory
from distill_core.insight.measures import ACCURACY, MEASURES, Measure
from distill_core.insight.standing import empty_chart
from distill_core.runs.records import Snapshot
from pages.components.jobs import manager
from pages.components.live_chart import payload

KEPT = 16
CHART_HEIGHT = 360


class LiveRun:
    """One run as all tabs see it; `look` costs microseconds while there is no news."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.history = RunHistory()
        self._cursor = 0
        self._status = ""
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
            return snapshot

    def losses(self, show: Show = "weighted", logarithmic: bool = False) -> bytes:
        """The chart of the loss: the baseline's while that trains, then the student's."""
        track = self.history.current
        whose = "baseline" if self.history.in_baseline else "student"
        measured = self.history.measured if whose == "student" else None
        empty = empty_chart(self._status, "step")
        view = f"{show}-{'log' if logarithmic else 'linear'}"
        version = f"{view}-{whose}-{len(track.logged)}-{track.step}-{track.steps}-{measured is not None}"

        def draw() -> Any:
            return loss_curves(
                track.losses(),
                track.phases,
                steps=track.steps,
                measured_at=measured.step if measured else None,
                show=show,
                logarithmic=logarithmic,
                of_baseline=whose == "baseline",
                empty=empty,
            )

        alt = f"Loss of the {whose} over the training steps"
        return self._chart("loss", view, version if track.logged else f"{version}-{empty}", alt, draw)

    def accuracies(self, measure: Measure = MEASURES[ACCURACY]) -> bytes:
        """The chart of accuracy, or another measure: student and baseline over the epochs, the teacher as a line."""
        student, baseline = self.history.student, self.history.baseline
        teacher = student.of_teacher(measure.name)
        empty = empty_chart(self._status, "epoch")
        version = f"{len(student.evaluated)}-{len(baseline.evaluated)}-{teacher}-{student.steps or baseline.steps}"
        version = f"{measure.name}-{version}"
        version += "" if student.evaluated or baseline.evaluated else f"-{empty}"

        def draw() -> Any:
            return accuracy_curves(
                student.accuracies(measure.name),
                baseline.accuracies(measure.name) if self.history.with_baseline else None,
                epochs=student.epochs or baseline.epochs,
                teacher=teacher,
                measure=measure,
                empty=empty,
            )

        alt = f"{measure.axis.capitalize()}: student, baseline and teacher over the epochs"
        return self._chart("accuracy", measure.name, version, alt, draw)

    def _chart(self, name: str, view: str, version: str, alt: str, draw: Any) -> bytes:
        """The finished chart; tabs that look at it in different views have one each."""
        with self._lock:
            known = self._charts.get(name + view)
            if known is None or known[0] != version:
                chart = payload(draw(), name=name, version=f"{self.run_id}-{version}", alt=alt, height=CHART_HEIGHT)
                known = self._charts[name + view] = (version, chart)
            return known[1]


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


def _shelf() -> Any:
    """Kept where a saved source file cannot evict it."""
    fresh = types.ModuleType("distill_pages_shelf")
    fresh.lock, fresh.runs = threading.Lock(), OrderedDict()  # type: ignore[attr-defined]
    return sys.modules.setdefault("distill_pages_shelf", fresh)
