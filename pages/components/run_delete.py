"""Removing a run for good, after asking."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager


def delete_button(record: RunRecord) -> None:
    """A small button that asks before it deletes; a run that waits or works has to be stopped first."""
    with st.popover(
        "Delete run",
        icon=":material/delete:",
        disabled=record.live,
        help="Stop the run first." if record.live else None,
        key="delete-run",
    ):
        st.markdown(f"Delete **{record.name or record.id}** for good?")
        st.caption(_what_goes(record))
        if st.button("Delete for good", icon=":material/delete_forever:", key="delete-for-good", disabled=record.live):
            _delete(record.id)


def _what_goes(record: RunRecord) -> str:
    if record.config.teacher is None:
        return "Its curves, its weights and its file go; it can no longer be a teacher."
    return "Its curves, its weights and its file go. Its baseline is kept, for other runs may share it."


def _delete(run_id: str) -> None:
    try:
        manager().delete(run_id)
    except DistillError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.toast("The run was deleted.", icon=":material/delete:")
    st.switch_page("pages/home.py")
