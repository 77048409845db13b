"""A piece of work beside the page, as a reader sees it: a button, then what it does and a way to stop it, then its end.

Each is known by a key, the same in every tab, so that a refresh finds it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from distill_core.edge.jobs import ShouldStop
from distill_core.insight.words import duration
from pages.components.aside import Aside
from pages.components.trouble import fragment

TICK = 1.0
MOST_KEPT = 32
"""Pieces of work that are over; beyond these the oldest are forgotten."""
Work = Callable[[ShouldStop, Callable[[str], None]], Any]
"""Given what to ask whether to end early, and whom to tell what it does now."""


@dataclass
class Beside:
    """A piece of work and what it last said that it does."""

    doing: str
    began: float = field(default_factory=time.monotonic)
    aside: Aside = field(init=False)

    def start(self, work: Work) -> None:
        """Begins it."""
        self.aside = Aside(lambda should_stop: work(should_stop, self._say))

    def _say(self, what: str) -> None:
        self.doing = what


def begin(key: str, doing: str, work: Work) -> None:
    """For buttons: begins a piece of work, unless it goes on already."""
    known = _shelf().get(key)
    if known is None or known.aside.done:
        made = Beside(doing)
        made.start(work)
        shelf = _shelf()
        shelf.pop(key, None)  # so that the order is that of beginning
        shelf[key] = made
        over = [name for name, each in list(shelf.items()) if each.aside.done]
        for name in over[:-MOST_KEPT]:
            shelf.pop(name, None)


def beside(key: str) -> Beside | None:
    """The work of a key, going on or over; None if there is none."""
    return _shelf().get(key)


def forget(key: str) -> None:
    """For buttons: takes the work off the shelf, and stops it if it goes on."""
    known = _shelf().pop(key, None)
    if known is not None:
        known.aside.stop()


def going_on(key: str) -> bool:
    """Shows a work that goes on, or why it failed; True if there was one to show."""
    known = beside(key)
    if known is None:
        return False
    if not known.aside.done:
        fragment(_going_on, run_every=TICK)(key)
        return True
    if known.aside.error is not None:
        st.error(known.aside.error, icon=":material/error:")
        st.button("Close", icon=":material/close:", key=f"close-{key}", on_click=forget, args=(key,))
        return True
    return False


def _going_on(key: str) -> None:
    known = beside(key)
    if known is None or known.aside.done:
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        passed = duration(round(time.monotonic() - known.began))
        st.markdown(f":material/hourglass_empty: {known.doing} … :gray[{passed}]", width="content")
        st.button("Stop", icon=":material/stop:", key=f"stop-{key}", on_click=forget, args=(key,))


@st.cache_resource(show_spinner=False)
def _shelf() -> dict[str, Beside]:
    return {}
