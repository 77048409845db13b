"""How a run's state and a teacher's name look everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

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


def teacher_name(reference: str | None) -> str:
    """A teacher as people say it: an embedded one's name, or the run that a folder belongs to."""
    if reference is None:
        return "labels only"
    path = Path(reference)
    return path.parent.name if path.name in ("best", "last") else path.name
