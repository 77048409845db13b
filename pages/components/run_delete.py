"""Deleting a run from its own page, with a way back."""

from __future__ import annotations

import streamlit as st

from distill_core.runs.records import RunRecord
from pages.components.as_text import as_text
from pages.components.jobs import attempt, manager
from pages.components.runs.put_aside import days_left, put_aside

RUNS = "pages/runs.py"


def delete_button(record: RunRecord) -> None:
    """A small button; a run that waits or works has to be stopped first. The page then offers the way back."""
    st.button(
        "Delete run",
        icon=":material/delete:",
        disabled=record.live,
        help="Stop the run first." if record.live else _what_goes(record),
        key="delete-run",
        on_click=put_aside,
        args=([record.id],),
    )


def is_deleted(record: RunRecord) -> bool:
    """Whether a run was deleted; if so, that is all its page says, with the way back."""
    if record.deleted is None:
        return False
    st.title("A deleted run")
    st.markdown(
        f"**{as_text(record.name or record.id)}** was deleted. It is {days_left(record)}, then it goes with its files."
    )
    with st.container(horizontal=True):
        st.button(
            "Restore",
            icon=":material/undo:",
            type="primary",
            key="restore",
            on_click=attempt,
            args=(manager().bring_back, record.id),
        )
        st.page_link(RUNS, label="See all runs", icon=":material/table_rows:", width="content")
    return True


def _what_goes(record: RunRecord) -> str:
    if record.config.teacher is None:
        return "It can no longer be a teacher. You can undo it for seven days."
    return "You can undo it for seven days. Its baseline is kept, for other runs may share it."
