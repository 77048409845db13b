"""Tells of runs and studies that ended while the session lasts, on whichever page one is."""

from __future__ import annotations

import time

import streamlit as st

from distill_core.insight.names import shortened
from distill_core.runs.records import RunRecord
from distill_core.studies import keeping
from distill_core.studies.ends import ends
from pages.components.as_text import as_text
from pages.components.jobs import manager
from pages.components.status import icon_of

LONGEST = 32
"""Characters of a name: a toast shows three lines, of which the result must be one."""
_TOLD = "ends_told"
_SINCE = "ends_since"


def tell_ends() -> None:
    """A toast for each; none of those that had ended before the session began, nor of the run that the page shows."""
    state = st.session_state
    since: float = state.setdefault(_SINCE, time.time())
    told: set[tuple[str, float | None]] = state.setdefault(_TOLD, set())
    store = manager().store
    news = [record for record in store.ended_since(since) if _mark(record) not in told]
    if not news:
        return
    told |= {_mark(record) for record in news}
    shown = st.query_params.get("run")
    for end in ends(news, keeping.kept(store.home).values(), store.list(role="run")):
        if end.run is not None and end.run == shown:
            continue
        name = as_text(shortened(end.name, LONGEST))
        st.toast(f"**{name}** {as_text(end.sentence)}", icon=icon_of(end.status), duration="long")


def _mark(record: RunRecord) -> tuple[str, float | None]:
    """A run that is taken up again ends anew."""
    return record.id, record.ended
