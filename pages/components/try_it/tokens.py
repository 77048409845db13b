"""A written text with the probability of each token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from distill_core.edge.replying import Step
from distill_core.language.pieces import END, piece, pieces

if TYPE_CHECKING:
    from distill_core.language.tokens import Reader

_HTML = '<div class="tokens">\n<div class="text"></div><div class="told" aria-live="polite"></div>\n</div>\n'
_SPACE, _NEWLINE = "␣", "⏎"


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    here = Path(__file__)
    script, style = (here.with_suffix(suffix).read_text("utf-8") for suffix in (".js", ".css"))
    return st.components.v2.component("tokens", html=_HTML, css=style, js=script)


def written(steps: Sequence[Step], reader: Reader, *, colour: str, key: str) -> None:
    """The tokens in a row; the less sure, the stronger the colour.

    Args:
        steps: so far.
        reader: of the vocabulary.
        colour: of the theme, such as ``green``.
        key: of the component.
    """
    found = described(steps, reader)
    version = f"{len(steps)}-{hash(tuple((step.token, step.probability) for step in steps))}"
    _component()(key=key, data={"tokens": found, "colour": colour, "version": version})


def described(steps: Sequence[Step], reader: Reader) -> list[dict[str, Any]]:
    """What is shown of each token: its text, its name, its probability and its rivals."""
    texts = pieces(reader, [step.token for step in steps])
    return [
        {
            "text": END if step.token == reader.eos else text,
            "mark": step.token == reader.eos,
            "name": visible(text),
            "share": step.probability,
            "rivals": [(visible(piece(reader, token)), share) for token, share in step.rivals],
        }
        for step, text in zip(steps, texts, strict=True)
    ]


def visible(text: str) -> str:
    """A token's text with its spaces and line ends to be seen."""
    return text.replace(" ", _SPACE).replace("\n", _NEWLINE) or "∅"
