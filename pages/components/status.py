"""How a run's state and the time it still takes look everywhere."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from distill_core.insight.words import about
from distill_core.runs.records import Snapshot

Colour = Literal["blue", "gray", "yellow", "red"]

# Violet, green and orange are taken: they are teacher, student and baseline.
_BADGES: dict[str, tuple[str, Colour]] = {
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_arrow:", "blue"),
    "paused": (":material/pause:", "gray"),
    "stopping": (":material/stop:", "gray"),
    "stopped": (":material/stop:", "gray"),
    "finished": (":material/check:", "blue"),
    "failed": (":material/error:", "red"),
    "interrupted": (":material/power_off:", "yellow"),
}


def badge(status: str) -> None:
    """A run's state as a badge."""
    _, colour = _BADGES.get(status, ("", "gray"))
    st.badge(status, icon=icon_of(status), color=colour)


def icon_of(status: str) -> str:
    """A run's state as an icon."""
    return _BADGES.get(status, (":material/help:", "gray"))[0]


def time_left(snapshot: Snapshot, *, brief: bool = False) -> str:
    """``about 40 s of training left, plus export and measuring`` while steps are trained and timed; else nothing.

    Args:
        snapshot: of the run.
        brief: leaves out what comes after the training.
    """
    progress = snapshot.progress
    timed = snapshot.status == "running" and progress.phase and progress.step and progress.seconds_left is not None
    if not timed:
        return ""
    plus = f", plus {progress.not_counted}" if progress.not_counted and not brief else ""
    return f"{about(progress.seconds_left or 0)} of training left{plus}"
