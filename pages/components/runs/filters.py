"""The inputs that find runs again; they stand in the address, so that a link shows what its writer saw."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.insight.names import data_name
from distill_core.runs.records import RunRecord
from distill_core.runs.search import Wanted, matching, tags_of
from distill_core.runs.status import STATUSES


def filters(known: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs that the inputs ask for."""
    with st.grid(4, min_column_width=200, gap="small"):
        text = st.text_input(
            "Find",
            key="find",
            icon=":material/search:",
            placeholder="name, tag, note, student, teacher",
            bind="query-params",
            persist_state="session",
        )
        states = _choice("State", "state", [state for state in STATUSES if any(r.status == state for r in known)])
        data = _choice("Data set", "data", sorted({data_name(record.config) for record in known}))
        tags = _choice("Tag", "tag", tags_of(known))
    found = matching(known, Wanted(text, states, data, tags))
    if not found:
        st.caption(f"None of the {len(known):,} runs is like that. Clear a filter to see more.")
    elif len(found) < len(known):
        st.caption(f"{len(found):,} of {len(known):,} runs.")
    return found


def _choice(label: str, key: str, options: list[str]) -> list[str]:
    """What is chosen of these; a choice outlives the last run that is like it, such as a state that has changed."""
    options = [*options, *(value for value in st.session_state.get(key, ()) if value not in options)]
    chosen: list[str] = st.multiselect(
        label,
        options,
        key=key,
        placeholder="all" if options else "none yet",
        bind="query-params",
        persist_state="session",
    )
    return chosen
