"""Start a run, or watch one: `/train?run=<id>`."""

from __future__ import annotations

import streamlit as st

from pages.components.jobs import record
from pages.components.navigation import enter
from pages.components.run_form import run_form
from pages.components.run_view import run_view

enter()
run_id = st.query_params.get("run")
if run_id is None:
    st.title("Train a student")
    run_form()
else:
    found = record(run_id)
    if found is None:
        st.title("No such run")
        st.markdown("The address names a run that is not here. It may have been deleted, or the link is incomplete.")
        with st.container(horizontal=True):
            if st.button("See your runs", icon=":material/home:"):
                st.switch_page("pages/home.py")
            if st.button("Start a new one", icon=":material/add:"):
                st.switch_page("pages/train.py")
    else:
        run_view(found)
