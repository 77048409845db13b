"""A grid of thumbnails of which one is chosen."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

_HTML = '<div class="picture-grid" role="group" aria-label="Test images"></div>\n'


class Picture(NamedTuple):
    """`place` is what choosing it gives, `name` what a screen reader says, `png` the file."""

    place: int
    name: str
    png: bytes


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    here = Path(__file__)
    script, style = (here.with_suffix(suffix).read_text("utf-8") for suffix in (".js", ".css"))
    return st.components.v2.component("picture_grid", html=_HTML, css=style, js=script)


def picture_grid(pictures: Sequence[Picture], *, key: str, version: str) -> int:
    """Shows pictures; returns the place of the one chosen, the first at the beginning.

    Args:
        pictures: at least one.
        key: of the component.
        version: changes when the pictures do.
    """
    places = [picture.place for picture in pictures]
    chosen = (st.session_state.get(key) or {}).get("chosen")
    chosen = chosen if chosen in places else places[0]
    sent = [{"place": each.place, "name": each.name, "png": base64.b64encode(each.png).decode()} for each in pictures]
    result = _component()(
        key=key, data={"pictures": sent, "version": version, "chosen": chosen}, on_chosen_change=_noted
    )
    now = getattr(result, "chosen", None)
    return int(now) if now in places else chosen


def _noted() -> None:
    """The page runs again by itself."""
