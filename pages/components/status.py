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
    icon, colour = _BADGES.get(status, (":material/help:", "gray"))
    st.badge(status, icon=icon, color=colour)


def time_left(snapshot: Snapshot) -> str:
    """``about 40 s left`` while steps are trained and timed; else nothing is measured, so nothing is said."""
    progress = snapshot.progress
    timed = snapshot.status == "running" and progress.phase and progress.step and progress.seconds_left is not None
    return f"{about(progress.seconds_left or 0)} left" if timed else ""
