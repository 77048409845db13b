"""Which run's models are asked: the one in the address, else the newest that had a teacher."""

from __future__ import annotations

import streamlit as st

from distill_core.runs.records import RunRecord
from distill_core.runs.trio import can_be_tried
from pages.components.comparison import label
from pages.components.jobs import manager

_KEY, _LAST = "try_run", "try_last_run"


def chosen_run() -> RunRecord | None:
    """The run, chosen among those that finished; None if there is none."""
    records = {record.id: record for record in manager().store.list("run") if can_be_tried(record)}
    if not records:
        return None
    asked = st.query_params.get("run")
    if asked is not None and asked not in records:
        st.warning(
            "The run that the address names is not here, or has nothing to try: it may not have finished, or was "
            "removed. Here is another.",
            icon=":material/link_off:",
        )
    taught = [id_ for id_, record in records.items() if record.config.teacher is not None]
    wishes = [asked, st.session_state.get(_LAST), *taught, *records]
    st.session_state[_KEY] = next(id_ for id_ in wishes if id_ in records)
    found: str = st.selectbox(
        "Run",
        list(records),
        format_func=lambda id_: label(records[id_]),
        key=_KEY,
        on_change=_remember,
        width=520,
        help="Finished runs, the newest first.",
    )
    st.session_state[_LAST] = found
    return records[found]


def _remember() -> None:
    st.query_params["run"] = st.session_state[_KEY]


def empty() -> None:
    """What the page says before there is a run to try."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            "Here a run's :violet[teacher], its :orange[baseline] and its :green[student] answer what you give them. "
            "No run has finished yet.",
            width="content",
        )
        st.page_link("pages/home.py", label="Run the demo", icon=":material/play_arrow:", width="content")
