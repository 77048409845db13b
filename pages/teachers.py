"""Models that can teach.

`/teachers` lists them, `/teachers?teacher=<name>` opens one, `/teachers?new=train` and `/teachers?new=upload` get more.
"""

from __future__ import annotations

import streamlit as st

from pages.components.navigation import enter
from pages.components.teachers.listing import teacher_list
from pages.components.teachers.opened import opened
from pages.components.teachers.shelf import PAGE, teacher_at
from pages.components.teachers.train import train_one
from pages.components.teachers.upload import upload_one

enter()
name, new = st.query_params.get("teacher"), st.query_params.get("new")
if name is not None:
    found = teacher_at(name)
    if found is not None:
        opened(found)
    else:
        st.title("No such teacher")
        st.markdown(
            "The address names a teacher that is not here. It may have been removed, or the link is incomplete."
        )
        if st.button("See all teachers", icon=":material/arrow_back:"):
            st.switch_page(PAGE)
elif new == "upload":
    upload_one()
elif new == "train":
    train_one()
else:
    teacher_list()
