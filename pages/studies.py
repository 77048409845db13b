"""Many runs that differ in a few settings.

`/studies` lists them, `/studies?study=<name>` opens one, `/studies?new=1` makes a new one.
"""

from __future__ import annotations

import streamlit as st

from pages.components.navigation import enter
from pages.components.studies.listing import study_list
from pages.components.studies.new import new_study
from pages.components.studies.opened import opened
from pages.components.studies.shelf import PAGE, study_at

enter()
name = st.query_params.get("study")
if name is not None:
    found = study_at(name, st.query_params.get("shown"))
    if found is not None:
        opened(found)
    else:
        st.title("No such study")
        st.markdown("The address names a study that is not here. It may have been removed, or the link is incomplete.")
        if st.button("See all studies", icon=":material/arrow_back:"):
            st.switch_page(PAGE)
elif "new" in st.query_params:
    new_study()
else:
    study_list()
