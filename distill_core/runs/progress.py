"""How far a job is, folded from its events."""

from __future__ import annotations

from typing import Any, Literal

from distill_core.events import Event
from distill_core.runs.records import Progress, RunRecord

ANSWERS, EXPORT = "the teacher's answers", "export and measuring"
"""What no step's time tells, as it is said beside the time that the steps still take."""


# The first steps are slow: memory is claimed and kernels are chosen. Time left is told from what came after them.
ENOUGH_SECONDS = 4.0
ENOUGH_STEPS = 20
ENOUGH_OF_ALL = 0.1
"""So far into the training the first steps no longer count for much."""
LONG_SECONDS = 10.0
FEW_STEPS = 3
"""So few steps are enough where they took so long together."""
OTHER_PACE = 2.0
"""A student whose first steps take so many times the baseline's is not timed by the baseline."""


class Track:
    """What the latest events of ONE run say; kinds are compared as text, so a reloaded module does no harm."""

    def __init__(self) -> None:
        self.started = self.trained = False
        self.step = self.steps = self.steps_per_epoch = 0
        self.phase = ""
        self.preparing = ""
        self.seconds_left: float | None = None
        self.seconds_per_step: float | None = None
        self._so_far: float | None = None
        self._begun_at = 0
        self._first: Any = None

    def see(self, event: Event) -> None:
        """Takes in one event."""
        data: Any = event
        kind = event.kind
        if kind == "Preparing":
            self.preparing = _preparing(data) if data.done < data.total else ""
        elif kind in (
            "PhaseStarted",
            "StepLogged",
            "Evaluated",
            "Measured",
            "Exported",
            "Stopped",
            "Failed",
            "Finished",
        ):
            self.preparing = ""
        if kind == "Started":
            self.started, self.trained = True, False
            self.steps, self.step, self.seconds_left = data.steps, data.step, None
            self.steps_per_epoch = data.steps_per_epoch
            self._begun_at, self._first, self._so_far = data.step, None, None
        elif kind == "PhaseStarted":
            self.phase = data.name
        elif kind == "StepLogged":
            self.step, self.phase = data.step, data.phase
            self._time(data)
        elif kind in ("Paused", "Resumed"):
            self.step = data.step
        elif kind == "Finished":
            self.trained, self.step, self.phase, self.seconds_left = True, self.steps, "", 0.0

    def _time(self, logged: Any) -> None:
        """Learns how long a step lasts, once enough of them have been taken."""
        self._first = first = self._first or logged
        steps, seconds = logged.step - first.step, logged.seconds - first.seconds
        left = self.steps - logged.step
        self._so_far = seconds / steps if steps else None
        many = steps >= ENOUGH_STEPS and seconds >= ENOUGH_SECONDS
        if many or (steps >= FEW_STEPS and seconds >= LONG_SECONDS):
            self.seconds_per_step = seconds / steps
        elif left == 0:
            self.seconds_left = 0.0
            return
        elif logged.step - self._begun_at >= ENOUGH_OF_ALL * self.steps:
            self.seconds_per_step = logged.seconds_left / left
        elif left > 0:
            return
        self.seconds_left = left * (self.seconds_per_step or 0.0)

    def keeps(self, seconds_per_step: float) -> bool:
        """Whether its steps so far, however few, last about as long as another's."""
        return self._so_far is None or self._so_far <= OTHER_PACE * seconds_per_step


def in_baseline(own: Track, baseline: Track | None) -> bool:
    """Whether a job is at its baseline: it trains one, and the student has not begun."""
    return baseline is not None and not own.started and not baseline.trained


def share_done(own: Track, baseline: Track | None, with_baseline: bool) -> float:
    """Of a job's steps, 0..0.99; measuring and exporting are not counted.

    Args:
        own: the run's track.
        baseline: its baseline's, once it has one.
        with_baseline: whether the job trains the baseline, which then is half of it.
    """
    parts = [own.step / own.steps if own.steps else 0.0]
    if with_baseline:
        parts.append(baseline.step / baseline.steps if baseline is not None and baseline.steps else 0.0)
    return min(sum(parts) / len(parts), 0.99)


def seconds_left(own: Track, baseline: Track | None) -> float | None:
    """Of a job's training, or None while nothing is known and when it is over.

    Until enough of the student's own steps were timed they are taken to last as long as the baseline's; nothing is said
    once they are seen to last longer.
    """
    if own.trained:
        return None
    if baseline is not None and in_baseline(own, baseline):
        if baseline.seconds_left is None or baseline.seconds_per_step is None:
            return None
        return baseline.seconds_left + baseline.steps * baseline.seconds_per_step
    if own.seconds_left is not None:
        return own.seconds_left
    if baseline is not None and baseline.seconds_per_step is not None and own.keeps(baseline.seconds_per_step):
        return (baseline.steps - own.step) * baseline.seconds_per_step
    return None


def progress_of(record: RunRecord, own: Track, baseline: Track | None, baseline_record: RunRecord | None) -> Progress:
    """The progress of a job from the tracks of its run and, if it has one, of its baseline."""
    wants_baseline = record.config.baseline and record.config.teacher is not None
    baseline = baseline if wants_baseline else None
    at_baseline = baseline is not None and in_baseline(own, baseline)
    active = baseline if baseline is not None and at_baseline else own
    whose: Literal["baseline", "student"] = "baseline" if at_baseline else "student"
    here = wants_baseline and not _made_earlier(record, baseline_record)
    return Progress(
        doing=_doing(record, active, whose),
        whose=whose,
        phase=active.phase,
        step=active.step,
        steps=active.steps,
        share=1.0 if record.status == "finished" else share_done(own, baseline if here else None, here),
        seconds_left=_seconds_left(record, own, baseline),
        not_counted=_not_counted(record, own),
        trained=own.trained,
    )


def _not_counted(record: RunRecord, own: Track) -> str:
    """What comes on top of the steps: the teacher answers each version of an image once, unless answers are kept."""
    if own.trained or record.role == "baseline":
        return ""
    versions = record.config.augmentation.draws * own.steps_per_epoch
    answers = record.config.teacher is not None and (not own.started or own.step < versions)
    return f"{ANSWERS}, {EXPORT}" if answers else EXPORT


def _made_earlier(record: RunRecord, baseline: RunRecord | None) -> bool:
    """Whether the baseline was ready before this job began, so that it costs the job nothing."""
    if baseline is None or baseline.ended is None or baseline.status != "finished":
        return False
    return record.started is not None and baseline.ended <= record.started


def _seconds_left(record: RunRecord, own: Track, baseline: Track | None) -> float | None:
    if record.over:
        return 0.0 if record.status == "finished" else None
    return seconds_left(own, baseline)


_STILL = {
    "queued": "Waiting for its turn",
    "paused": "Paused",
    "stopped": "Stopped",
    "finished": "Finished",
    "failed": "Failed",
    "interrupted": "Interrupted",
}


def _doing(record: RunRecord, active: Track, whose: str) -> str:
    if record.status == "stopping":
        return _stopping(active)
    if record.status in _STILL:
        return _STILL[record.status]
    if active.preparing:
        return active.preparing
    if active.trained:
        return "Putting the results together"
    if not active.phase:
        return "Getting ready"
    if whose == "baseline":
        return "Training the baseline: labels only"
    return f"Training the student: {active.phase if record.config.teacher else 'labels only'}"


def _stopping(active: Track) -> str:
    """What a stop does to what goes on now."""
    if active.trained:
        return "Stopping: what goes on now is broken off, the trained student is kept"
    if active.preparing:
        return f"Stopping: broken off is “{active.preparing}”"
    return "Stopping: the step in progress ends first"


def _preparing(event: Any) -> str:
    return f"{event.what}: {event.done:,} of {event.total:,}" if event.total > 1 else str(event.what)
