"""How a prompt is put to a model, and its tokens as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distill_core.language.tokens import Reader

END = "end"
"""Stands for the token that ends an answer."""
NO_TEXT = "mark"
"""Stands for a token that is no text."""


def asked(reader: Reader, text: str, dataset: str) -> list[int]:
    """The tokens a model goes on from: a prompt in the form it was trained on, or running text from its beginning."""
    if dataset == "plain-english":
        return [*reader.start(), *reader.encode(text)]
    return reader.prompt(text)


def pieces(reader: Reader, tokens: Sequence[int]) -> list[str]:
    """The part of the text that each token adds; together they are the text."""
    found, so_far = [], ""
    for place, token in enumerate(tokens):
        if token == reader.eos:
            found.append(END)
            break
        text = reader.decode(tokens[: place + 1])
        found.append(text[len(so_far) :] if text.startswith(so_far) else piece(reader, token))
        so_far = text
    return found


def piece(reader: Reader, token: int) -> str:
    """One token by itself."""
    return END if token == reader.eos else reader.decode([token]) or NO_TEXT
