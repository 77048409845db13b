"""How a file writes: greedily, and as it keeps no past, it reads the text so far for every token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from distill_core.edge.onnx_file import FREE, Input

if TYPE_CHECKING:
    import numpy as np

WRITTEN = 4
"""Tokens of one timed call, from the middle of a window on, where a text is as long as on average while written."""


def writes(answer: Any, length: int) -> bool:
    """Whether a file's answer to texts `[1, length]` says the token after each: scores `[1, length, V]`."""
    return bool(answer.ndim == 3 and answer.shape[:2] == (1, length))


def write(session: Any, into: Input, text: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A text whose second half begins with `WRITTEN` tokens of the file's own, each the likeliest after those before.

    Args:
        session: of the file.
        into: its input; where it takes one length alone, it reads a whole window for every token.
        text: a window of tokens `[L]`; a copy is written into.
    """
    written = text[None].copy()
    begin = first_written(len(text))
    for place in range(begin, min(begin + WRITTEN, len(text))):
        read = written[:, :place] if into.shape[0] == FREE else written
        scores = session.run(None, {into.name: read.copy()})[0]
        written[0, place] = scores[0, place - 1].argmax()
    filled: np.ndarray[Any, Any] = written[0]
    return filled


def first_written(length: int) -> int:
    """The place of the first token that is written into a window of this many; at least one is read before it."""
    return max(1, min(length // 2, length - WRITTEN))


def tokens_written(length: int) -> int:
    """How many tokens `write` writes into a window of this many."""
    return min(WRITTEN, length - first_written(length))
