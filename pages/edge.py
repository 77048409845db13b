"""A finished run as something to deploy: its file, what it costs beside its teacher, and all of it to take away.

`/edge?run=<id>` shows that run.
"""

from __future__ import annotations

import streamlit as st

from pages.components.edge.chosen import chosen_run
from pages.components.edge.costs import costs
from pages.components.edge.downloads import card, downloads
from pages.components.edge.file import file
from pages.components.navigation import enter

enter()
st.title("Edge", anchor=False)
run = chosen_run()
if run is None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            "Here a finished :green[student] becomes a file for a small machine: its size, its measured speed, and "
            "everything to take away. None of your runs has finished yet.",
            width="content",
        )
        st.page_link("pages/home.py", label="Run the demo", icon=":material/play_arrow:", width="content")
    st.stop()
left, right = st.columns([3, 2], gap="large")
with left:
    costs(run)
with right:
    file(run)
    downloads(run)
card(run)
st.caption("All sizes and times are of files with 32-bit numbers; smaller ones with 8 bits are not made here yet.")
