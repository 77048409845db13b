"""The one place where a database or a folder that refuses to work becomes a sentence on the page.

Everything a page reads of runs may raise the store's `StorageError`, whose text names the file and the way out.
`app.py` runs each page inside `told`; a fragment renews itself without app.py, so it is made by `fragment` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

from distill_core.runs.faults import is_named


@contextmanager
def told(where: str = "page") -> Iterator[None]:
    """Shows what kept runs from being read, instead of the rest of the page."""
    try:
        yield
    except Exception as error:
        if not is_named(error, "StorageError"):
            raise
        _tell(str(error), where)


def fragment(show: Callable[..., None], run_every: float | None = None) -> Callable[..., None]:
    """A part of the page that renews itself, and that says what is wrong when it cannot."""

    @wraps(show)
    def safe(*args: Any) -> None:
        with told(show.__name__):
            show(*args)

    return st.fragment(safe, run_every=run_every)


def _tell(sentence: str, where: str) -> None:
    st.error(f"**Your runs cannot be read or kept.** {sentence}", icon=":material/error:")
    if st.button("Try again", icon=":material/refresh:", key=f"try-again-{where}"):
        st.rerun()
