"""The slim line on every page that says what is training, and leads there."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from pages.components.jobs import in_hand
from pages.components.live_run import live_run
from pages.components.status import time_left
from pages.components.trouble import fragment

TICK = 2.0


def strip() -> None:
    """Shows the run in progress, unless this page shows it anyway."""
    run_id = in_hand()
    if run_id is not None and st.query_params.get("run") != run_id:
        fragment(_strip, run_every=TICK)()


def _strip() -> None:
    run_id = in_hand()
    if run_id is None or st.query_params.get("run") == run_id:
        st.rerun()
        return
    try:
        snapshot = live_run(run_id).look()
    except DistillError:
        return
    progress, record = snapshot.progress, snapshot.record
    text = " · ".join(part for part in (record.name or record.id, progress.doing, time_left(snapshot)) if part)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", border=True):
        st.progress(progress.share, text=text, width="stretch")
        st.page_link(
            "pages/train.py", label="Watch", icon=":material/visibility:", query_params={"run": run_id}, width="content"
        )
