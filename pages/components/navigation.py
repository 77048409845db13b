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
                "pages/train.py",
                title="Train",
                icon=":material/model_training:",
                help="Choose teacher, student and data, start a run, and watch it learn.",
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
