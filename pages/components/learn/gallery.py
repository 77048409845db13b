"""Small images side by side, crisp, with words beneath; a reader can pick one where the page asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

_HERE = Path(__file__)
PICKED = "learn_image"


@dataclass(frozen=True)
class Tile:
    """An image: `src` its address, `alt` what a screen reader says, `role` whose colour the caption has."""

    src: str
    alt: str
    caption: str = ""
    note: str = ""
    role: str = ""


@dataclass(frozen=True)
class Section:
    """A row of images under a title."""

    title: str
    tiles: Sequence[Tile]
    role: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of a bar as long as its count; `text` stands in it."""

    label: str
    count: int
    text: str
    role: str


def gallery(sections: Sequence[Section], *, key: str, size: int, bar: Sequence[Piece] = ()) -> None:
    """Shows the images, `size` pixels wide, under a bar if there is one."""
    said = {"sections": [asdict(each) for each in sections], "bar": [asdict(each) for each in bar] or None}
    _component()(key=key, data={**said, "version": _version(said), "size": size, "picks": False})


def picked(tiles: Sequence[Tile], *, title: str, key: str, size: int, first: int = 0) -> int:
    """Shows the images and says which the reader picked, here or on another step; `first` to begin with."""
    kept = int(st.session_state.get(PICKED, first))
    state = st.session_state.get(key) or {}
    chosen = min(max(int(state.get("chosen", kept)), 0), len(tiles) - 1)
    said = {"sections": [asdict(Section(title, tiles))]}
    _component()(
        key=key,
        data={**said, "version": _version(said), "size": size, "picks": True, "chosen": chosen},
        default={"chosen": chosen},
        on_chosen_change=lambda: None,
    )
    st.session_state[PICKED] = chosen
    return chosen


def _version(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    return st.components.v2.component(
        "learn_gallery",
        html='<div class="gallery"></div>\n',
        css=_HERE.with_suffix(".css").read_text("utf-8"),
        js=_HERE.with_suffix(".js").read_text("utf-8"),
    )
