"""The run in progress and those that wait for it, in their order."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from pages.components.as_text import as_text
from pages.components.jobs import attempt, manager, record
from pages.components.trouble import fragment

TICK = 2.0
_SHOWN = "runs_queue_shown"


def queue() -> None:
    """Shown while something waits; the line at the top of every page tells of the run in progress."""
    if manager().queue():
        st.session_state[_SHOWN] = _now()
        fragment(_queue, run_every=TICK)()


def _now() -> tuple[str | None, tuple[str, ...]]:
    return manager().active(), tuple(manager().queue())


def _queue() -> None:
    active, waiting = _now()
    if st.session_state.get(_SHOWN) != (active, waiting):
        st.rerun()
        return
    with st.container(border=True):
        st.markdown("#### Queue")
        if active is not None:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(_in_hand(active), width="stretch")
                st.page_link(
                    "pages/train.py",
                    label="Watch",
                    icon=":material/visibility:",
                    query_params={"run": active},
                    width="content",
                )
        for place, run_id in enumerate(waiting, 1):
            _waiting(run_id, place, len(waiting))


def _waiting(run_id: str, place: int, of: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{place}. {_name(run_id)}", width="stretch")
        for label, icon, by, end in (("Up", "arrow_upward", -1, 1), ("Down", "arrow_downward", 1, of)):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"queue-{label.lower()}-{run_id}",
                on_click=_move,
                args=(run_id, by),
                disabled=place == end,
            )
        st.button(
            "Remove from queue",
            icon=":material/close:",
            key=f"queue-remove-{run_id}",
            on_click=attempt,
            args=(manager().stop, run_id),
            help="It does not run; it stays in the table as stopped and can be resumed.",
        )


def _move(run_id: str, by: int) -> None:
    try:
        if not manager().move(run_id, by):
            st.toast("That run does not wait any more.", icon=":material/info:")
    except DistillError as error:
        st.toast(str(error), icon=":material/error:")


def _in_hand(run_id: str) -> str:
    found = record(run_id)
    if found is not None and found.status == "paused":
        return f":material/pause: **{_name(run_id)}** is paused: the others wait until it is continued or stopped"
    return f":material/play_arrow: **{_name(run_id)}** is in progress"


def _name(run_id: str) -> str:
    found = record(run_id)
    return as_text(found.name or run_id) if found is not None else run_id
