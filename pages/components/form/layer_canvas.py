"""The layer map as a drawing: two columns of layers, wires between the pairs, made and cut by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import streamlit as st

from distill_core.insight.layer_map import LayerMap, LayerNames

_HTML = '<div class="canvas"><div class="column student"></div><div class="column teacher"></div><svg></svg></div>\n'
HOW = (
    "Choose a student layer, then a teacher layer: they are joined, or parted if they were a pair. A "
    "number on a wire is what the connector between them adds to the training."
)


def layer_canvas(names: LayerNames, found: LayerMap, *, key: str, on_pair: Callable[[], None]) -> None:
    """Shows the pairs of a method.

    Args:
        names: of all layers that could be paired, with their shapes.
        found: the pairs there are.
        key: of the drawing in the session.
        on_pair: called when two layers are to be joined or parted; `asked_pair` then tells which.
    """
    pairs = [
        {
            "student": pair.student,
            "teacher": pair.teacher,
            "connector": pair.connector,
            "parameters": pair.parameters,
        }
        for pair in found.pairs
    ]
    layers = {side: _boxes(getattr(names, side), {pair[side] for pair in pairs}) for side in ("student", "teacher")}
    _component()(key=key, data={**layers, "pairs": pairs}, on_pair_change=on_pair)
    st.caption(HOW)


def asked_pair(key: str) -> tuple[str, str]:
    """The student's and the teacher's layer that a click joined or parted."""
    student, teacher = st.session_state[key]["pair"]
    return str(student), str(teacher)


def _boxes(names: dict[str, str], paired: set[object]) -> list[dict[str, str]]:
    """Layers in the order they run; a pair's layer inside a block comes after those where blocks end."""
    inside = [str(name) for name in paired if name not in names]
    return [{"name": name, "shape": shape} for name, shape in {**names, **dict.fromkeys(sorted(inside), "")}.items()]


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    script, style = (Path(__file__).with_suffix(suffix).read_text("utf-8") for suffix in (".js", ".css"))
    return st.components.v2.component("layer_canvas", html=_HTML, css=style, js=script)
