"""Which finished run the page is about: the address says it, and a list to choose from."""

from __future__ import annotations

import streamlit as st

from distill_core.runs.records import RunRecord
from pages.components.comparison import label
from pages.components.jobs import manager


def chosen_run() -> RunRecord | None:
    """The run, None where none has finished; what the address asks for in vain is told."""
    finished = {
        record.id: record for record in manager().store.list("run") if record.status == "finished" and record.summary
    }
    if not finished:
        return None
    asked = st.query_params.get("run")
    if asked is not None and asked not in finished:
        st.warning(
            "The address names a run that is not here or has not finished. Here is another.", icon=":material/info:"
        )
    elif asked is not None and asked != st.session_state.get("edge_run"):
        st.session_state.edge_run = asked
    if st.session_state.get("edge_run") not in finished:
        st.session_state.edge_run = next(iter(finished))
    run_id: str = st.selectbox(
        "Run",
        list(finished),
        format_func=lambda each: label(finished[each]),
        key="edge_run",
        persist_state="session",
        width=560,
        on_change=_said,
        help="Finished runs, the latest first.",
    )
    st.query_params["run"] = run_id
    return finished[run_id]


def _said() -> None:
    """The address follows what is chosen."""
    st.query_params["run"] = st.session_state.edge_run
