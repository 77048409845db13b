"""Deleting with a way back: what was just deleted, and what can still be brought back."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.words import listed
from distill_core.runs.records import RunRecord
from distill_core.runs.store import KEPT_ASIDE
from pages.components.as_text import as_text
from pages.components.jobs import attempt, manager

_DELETED = "runs_deleted"
MOST_NAMES = 3


def put_aside(run_ids: Sequence[str]) -> None:
    """Deletes runs so that it can be undone; one that cannot be deleted is told and stays."""
    gone = []
    for run_id in run_ids:
        try:
            manager().put_aside(run_id)
            gone.append(run_id)
        except DistillError as error:
            st.toast(str(error), icon=":material/error:")
    if gone:
        st.session_state[_DELETED] = gone


def deleted_now() -> None:
    """Says what was deleted last in this session, with a button that undoes it."""
    ids = st.session_state.get(_DELETED, ())
    aside = {record.id: record for record in manager().store.list(put_aside=True)} if ids else {}
    gone = [aside[run_id] for run_id in ids if run_id in aside]
    if not gone:
        st.session_state.pop(_DELETED, None)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True):
        st.markdown(f":material/delete: Deleted {_named(gone)}.", width="content")
        st.button("Undo", icon=":material/undo:", key="undo-delete", on_click=_bring_back, args=(gone,))


def recently_deleted() -> None:
    """The deleted runs that are still kept, each with the way back and the way out."""
    aside = manager().store.list(put_aside=True)
    if not aside:
        return
    with st.expander(f"Recently deleted ({len(aside)})", icon=":material/delete:"):
        st.caption(
            "They are in no list any more. A week after it was deleted a run goes for good, with its curves, its "
            "weights and its file."
        )
        for record in sorted(aside, key=lambda each: -(each.deleted or 0)):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(
                    f"**{as_text(record.name or record.id)}** · {record.status} · {days_left(record)}", width="stretch"
                )
                st.button(
                    "Restore",
                    icon=":material/undo:",
                    key=f"restore-{record.id}",
                    on_click=attempt,
                    args=(manager().bring_back, record.id),
                )
                st.button(
                    "Delete for good",
                    icon=":material/delete_forever:",
                    key=f"for-good-{record.id}",
                    on_click=attempt,
                    args=(manager().delete, record.id),
                )


def days_left(record: RunRecord) -> str:
    """How long a deleted run is still kept."""
    days = ((record.deleted or 0) + KEPT_ASIDE - time.time()) / 86_400
    return f"kept for {days:.0f} more days" if days >= 1.5 else "kept until tomorrow" if days > 0 else "goes next"


def _named(records: Sequence[RunRecord]) -> str:
    names = [f"**{as_text(record.name or record.id)}**" for record in records]
    return listed(names) if len(names) <= MOST_NAMES else f"{len(names)} runs"


def _bring_back(records: Sequence[RunRecord]) -> None:
    for record in records:
        attempt(manager().bring_back, record.id)
    st.session_state.pop(_DELETED, None)
