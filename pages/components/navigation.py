"""The pages in the order of the work, and the one way into them: through app.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

ICON = Path(__file__).with_name("icon.png")
_OPENED = "opened_by_app"


def navigation() -> Any:
    """The menu; returns the page to run."""
    return st.navigation(
        [
            st.Page(
                "pages/home.py",
                title="Home",
                icon=":material/home:",
                default=True,
                help="What distillation is, a demo at one button, and your recent runs.",
            ),
            st.Page(
                "pages/learn.py",
                title="Learn",
                icon=":material/school:",
                help="Guided tours in short steps, on images and on language, each with a question and a picture.",
            ),
            st.Page(
                "pages/train.py",
                title="Train",
                icon=":material/model_training:",
                help="Choose teacher, student and data, start a run, and watch it learn.",
            ),
            st.Page(
                "pages/runs.py",
                title="Runs",
                icon=":material/table_rows:",
                help="Every run: find, tag, take away, delete and restore; and the queue.",
            ),
            st.Page(
                "pages/compare.py",
                title="Compare",
                icon=":material/compare_arrows:",
                help="Finished runs side by side: accuracy, size, speed and settings.",
            ),
            st.Page(
                "pages/studies.py",
                title="Studies",
                icon=":material/science:",
                help="Variants with several seeds each: what makes a difference, and what may be chance.",
            ),
            st.Page(
                "pages/try_it.py",
                title="Try it",
                icon=":material/touch_app:",
                help="Draw, pick or write something, and see what teacher, baseline and student answer.",
            ),
            st.Page(
                "pages/advisor.py",
                title="Advisor",
                icon=":material/assistant_navigation:",
                help="From your case to a student and a way to teach it, by what was measured.",
            ),
            st.Page(
                "pages/teachers.py",
                title="Teachers",
                icon=":material/cast_for_education:",
                help="Models that can teach: those inside, your own, and what each is like.",
            ),
            st.Page(
                "pages/edge.py",
                title="Edge",
                icon=":material/developer_board:",
                help="A finished run as a file: size, measured speed, and everything to take away.",
            ),
        ],
        position="top",
    )


def open_door() -> None:
    """Said by app.py before it runs a page."""
    st.session_state[_OPENED] = True


def enter() -> None:
    """Said first by every page.

    Until `st.navigation` has been called once in the process, Streamlit takes the folder `pages/` for pages of the old
    kind. If the very first request is a link to a page, that page then runs without app.py. Calling it here and running
    again sets that right. Without an icon of the app's own the browser would ask fonts.gstatic.com for the page's.
    """
    if _OPENED not in st.session_state:
        st.set_page_config(page_icon=str(ICON))
        navigation()
        st.rerun()
