"""What a run said, as lines to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from distill_core.insight.telling import MINOR, told
from distill_core.runs.records import RunEvent, RunRecord
from pages.components.jobs import manager

LINES = 200
HEIGHT = 360


def log(record: RunRecord) -> None:
    """The run's latest events, the newest first; read only while it is open."""
    opened = st.expander("Log", icon=":material/list:", key=f"log-{record.id}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        every = st.toggle("Every step", key=f"log-steps-{record.id}", help="Also logged steps and preparations.")
        events = [each for each in manager().store.events(record.id) if every or each.event.kind not in MINOR]
        if not events:
            st.caption("It has said nothing yet.")
            return
        st.code("\n".join(lines(events[-LINES:][::-1])), language=None, wrap_lines=True, height=HEIGHT)
        if len(events) > LINES:
            st.caption(f"The latest {LINES} of {len(events):,} lines; the download has all of them.")


def lines(events: Sequence[RunEvent]) -> list[str]:
    """Each event with its time of day, and the date where they are not all of one day."""
    times = [datetime.fromtimestamp(each.time) for each in events]
    form = "%H:%M:%S" if len({time.date() for time in times}) == 1 else "%Y-%m-%d %H:%M:%S"
    return [f"{time:{form}}  {told(each.event)}" for time, each in zip(times, events, strict=True)]
