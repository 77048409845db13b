"""Every run: found again, tagged, compared, taken away, deleted; and the queue of those that wait."""

from __future__ import annotations

import streamlit as st

from pages.components.jobs import manager
from pages.components.navigation import enter
from pages.components.runs.filters import filters
from pages.components.runs.one import one_run
from pages.components.runs.put_aside import deleted_now, recently_deleted
from pages.components.runs.queue import queue
from pages.components.runs.several import several_runs
from pages.components.runs.table import run_table

enter()
st.title("Runs")
known = manager().store.list("run")
deleted_now()
queue()
if not known:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown("There is no run yet.", width="content")
        st.page_link("pages/home.py", label="Run the demo", icon=":material/play_arrow:", width="content")
        st.page_link("pages/train.py", label="Train a student", icon=":material/model_training:", width="content")
else:
    found = filters(known)
    chosen = run_table(found)
    if len(chosen) == 1:
        one_run(chosen[0], known)
    elif chosen:
        several_runs(chosen, known)
    elif found:
        st.caption("Tick a row to open, tag, rename, download or delete the run; tick several to compare them.")
recently_deleted()
