"""Where a run's models stand by the run's own status: the small print of its tiles and of charts still empty."""

from __future__ import annotations

from distill_core.insight.history import RunHistory
from distill_core.insight.words import points

_LIVE = {"queued": "waits its turn", "running": "training now", "paused": "paused", "stopping": "stopping"}
_OVER = ("stopped", "finished", "failed", "interrupted")


def baseline_standing(history: RunHistory, status: str) -> str:
    """What the baseline does in a run of this status."""
    baseline = history.baseline
    if not history.with_baseline:
        return "not asked for"
    if baseline.finished:
        return "labels only, best"
    if baseline.started is None:
        return "never begun" if status in _OVER else "comes first"
    return _LIVE.get(status, f"{status} midway")


def student_standing(history: RunHistory, status: str) -> str:
    """What the student does, or how far it is ahead of the baseline after the same epoch."""
    if history.student.accuracy is None:
        if status in _OVER:
            return "no epoch done"
        return "after baseline" if history.in_baseline else "first epoch"
    return "on validation" if history.lead is None else f"{points(history.lead)}, same epoch"


def no_shares(status: str) -> str:
    """What a chart of the terms' shares of the gradient says before there is one, however many steps were taken."""
    if status in _OVER:
        return "No shares were recorded: too few steps, or a single term"
    return "Shares come after some steps with several terms"


def empty_chart(status: str, what: str) -> str:
    """What an empty chart of every `what`, such as "step", says."""
    if status == "queued":
        return "Nothing yet: the run waits for its turn"
    if status in _OVER:
        return f"The run ended before its first {what}"
    return f"The first point comes after the first {what}"
