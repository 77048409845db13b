"""A canvas to draw on: what comes back is an image as the data set's grey ones are, bright on black."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from distill_core.edge.pixels import Pixels

_HTML = """
<div class="drawing">
  <canvas role="img" aria-label="Canvas to draw on with a mouse, pen or finger. Else pick a test image."></canvas>
  <div class="tools">
    <label>Brush <input type="range" min="1" max="8" step="0.5" value="2.5"></label>
    <button type="button" data-clear>Clear</button>
  </div>
</div>
"""


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    here = Path(__file__)
    script, style = (here.with_suffix(suffix).read_text("utf-8") for suffix in (".js", ".css"))
    return st.components.v2.component("drawing", html=_HTML, css=style, js=script)


def drawing(input_shape: tuple[int, ...], *, key: str) -> Pixels | None:
    """What was drawn, uint8 `[1, H, W]`; None as long as there is nothing."""
    _, height, width = input_shape
    result = _component()(key=key, data={"size": [height, width]}, on_ink_change=_noted)
    return as_image(getattr(result, "ink", None), height, width)


def as_image(ink: object, height: int, width: int) -> Pixels | None:
    """Numbers from a browser as uint8 `[1, H, W]`; None unless they are as many as they should be."""
    if not isinstance(ink, list) or len(ink) != height * width:
        return None
    try:
        numbers = np.array(ink, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if not np.isfinite(numbers).all() or not (numbers >= 0.5).any():
        return None
    return np.clip(numbers, 0, 255).round().astype(np.uint8).reshape(1, height, width)


def _noted() -> None:
    """The page runs again by itself."""
