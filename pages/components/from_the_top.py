"""Shows a page from its top: Streamlit keeps the reader's place, and Start stands at the end of a long form."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import streamlit as st

_JS = """
let seen;

export default function ({ data }) {
  if (data === seen) return;
  seen = data;
  document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior: "instant" });
}
"""


def from_the_top(subject: str) -> None:
    """Scrolls up once, when the subject of the page is another than before."""
    _component()(key="from-the-top", data=subject, height=1)


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    return st.components.v2.component("from_the_top", html="<div></div>\n", js=_JS)
