"""The picture on the front page: a large network's answer flows into a small one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache

import streamlit as st

_TEACHER = [(48, (24, 56, 88, 120, 152)), (92, (40, 72, 104, 136)), (136, (24, 56, 88, 120, 152)), (180, (56, 88, 120))]
_STUDENT = [(330, (72, 104)), (374, (56, 88, 120)), (418, (72, 104))]
_CSS = """
svg { width: 100%; max-height: 230px; color: var(--st-text-color); font-family: var(--st-font); }
"""
_ANSWER = (0.62, 0.24, 0.09, 0.05)


def schematic() -> None:
    """Teacher, its softened answer, student; in the theme's own colours."""
    _component()(key="schematic")


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    return st.components.v2.component("schematic", html=f"<div>\n{_svg()}\n</div>", css=_CSS)


def _svg() -> str:
    bars = "".join(
        f'<rect x="232" y="{58 + 20 * row}" width="{max(58 * share / max(_ANSWER), 3):.0f}" height="11" rx="3" '
        f'fill="var(--st-violet-color)" fill-opacity="{0.95 - 0.16 * row:.2f}"/>'
        for row, share in enumerate(_ANSWER)
    )
    return (
        '<svg viewBox="0 0 460 200" role="img" '
        'aria-label="A large teacher answers; a small student learns from the whole answer">'
        f"{_network(_TEACHER, 'var(--st-violet-color)')}{bars}{_network(_STUDENT, 'var(--st-green-color)')}"
        f"{_arrow(192, 222)}{_arrow(298, 316)}"
        f"{_label(114, 'teacher')}{_label(260, 'its whole answer')}{_label(374, 'student')}"
        "</svg>"
    )


def _network(layers: list[tuple[int, tuple[int, ...]]], colour: str) -> str:
    lines = "".join(
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-opacity="0.28" stroke-width="1"/>'
        for (x1, ys1), (x2, ys2) in itertools.pairwise(layers)
        for y1 in ys1
        for y2 in ys2
    )
    return lines + "".join(f'<circle cx="{x}" cy="{y}" r="7" fill="{colour}"/>' for x, ys in layers for y in ys)


def _arrow(start: int, end: int) -> str:
    return (
        f'<path d="M{start} 88 H{end} m-6 -5 l6 5 l-6 5" fill="none" stroke="currentColor" stroke-opacity="0.55" '
        'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _label(x: int, words: str) -> str:
    style = 'text-anchor="middle" font-size="13" fill="currentColor" fill-opacity="0.75"'
    return f'<text x="{x}" y="188" {style}>{words}</text>'
