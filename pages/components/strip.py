"""The slim line on every page that says what is training, and leads there."""

from __future__ import annotations

import contextlib

import streamlit as st

from distill_core.errors import DistillError
from pages.components.as_text import as_text
from pages.components.ends import tell_ends
from pages.components.jobs import in_hand
from pages.components.live_run import live_run
from pages.components.status import time_left
from pages.components.trouble import fragment

TICK, QUIET_TICK = 2.0, 5.0
"""Seconds between two looks, while something trains and while nothing does."""


def strip() -> None:
    """Shows the run in progress, unless this page shows it anyway; while there is none, looks out for one.

    On every page and tick it tells of what ended meanwhile.
    """
    run_id = in_hand()
    if run_id is None:
        fragment(_wait, run_every=QUIET_TICK)()
    elif st.query_params.get("run") != run_id:
        fragment(_strip, run_every=TICK)()
    else:
        _tell()


def _wait() -> None:
    """A run may begin in another tab, and one of a terminal may end."""
    if in_hand() is not None:
        st.rerun()
    _tell()


def _strip() -> None:
    run_id = in_hand()
    if run_id is None or st.query_params.get("run") == run_id:
        st.rerun()
        return
    _tell()
    try:
        snapshot = live_run(run_id).look()
    except DistillError:
        return
    progress, record = snapshot.progress, snapshot.record
    parts = as_text(record.name or record.id), progress.doing, time_left(snapshot, brief=True)
    text = " · ".join(part for part in parts if part)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", border=True):
        st.progress(progress.share, text=text, width="stretch")
        st.page_link(
            "pages/train.py", label="Watch", icon=":material/visibility:", query_params={"run": run_id}, width="content"
        )


def _tell() -> None:
    """A database that cannot be read is told by the page, in its own place."""
    with contextlib.suppress(DistillError):
        tell_ends()
