"""The slim line on every page that says what is training, and leads there."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.words import about
from pages.components.jobs import in_hand
from pages.components.live_run import live_run

TICK = 2.0


def strip() -> None:
    """Shows the run in progress, unless this page shows it anyway."""
    run_id = in_hand()
    if run_id is not None and st.query_params.get("run") != run_id:
        st.fragment(_strip, run_every=TICK)()


def _strip() -> None:
    run_id = in_hand()
    if run_id is None:
        st.rerun()
        return
    try:
        snapshot = live_run(run_id).look()
    except DistillError:
        return
    progress = snapshot.progress
    left = f" · {about(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", border=True):
        st.progress(progress.share, text=f"{progress.doing}{left}", width="stretch")
        st.page_link(
            "pages/train.py", label="Watch", icon=":material/visibility:", query_params={"run": run_id}, width="content"
        )
