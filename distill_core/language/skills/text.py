"""Plain English to read on: windows of it to learn from and to be examined on.

`distill_core/assets/make_plain_english.py` made the text; `provenance.json` beside it says from what.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from distill_core.errors import ConfigError, DataUnavailable
from distill_core.language.skills.examples import SHARES, split_of
from distill_core.language.tokens import CHARACTER_READER, IGNORED, Batch, Reader

FOLDER = Path(__file__).parents[2] / "assets" / "plain-english"
FILE = FOLDER / "text.txt"
BETWEEN = "\n\n"
"""What stands between two paragraphs in the file."""


class Texts(NamedTuple):
    """The paragraphs of each split, in the order of the file."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def read_text() -> str:
    """The embedded prose: paragraphs of printable ASCII, an empty line between them.

    Raises:
        DataUnavailable: if the file is missing or damaged.
    """
    try:
        return FILE.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnavailable(
            f"Cannot read {FILE} ({error}). It ships with the project: restore it from the repository."
        ) from None


def split_paragraphs(text: str | None = None) -> Texts:
    """Training, validation and test; a paragraph belongs to one of them by its own SHA-256, whatever else there is.

    Args:
        text: paragraphs with an empty line between them; the embedded prose by default.

    Raises:
        DataUnavailable: if the embedded prose is missing or damaged.
    """
    paragraphs = (read_text() if text is None else text).split(BETWEEN)
    parts: dict[str, list[str]] = {name: [] for name in SHARES}
    for paragraph in dict.fromkeys(part.strip() for part in paragraphs):
        if paragraph:
            parts[split_of(paragraph)].append(paragraph)
    return Texts(*(tuple(parts[name]) for name in Texts._fields))


def windows(
    paragraphs: Sequence[str], length: int, stride: int | None = None, reader: Reader = CHARACTER_READER
) -> Batch:
    """Windows over the paragraphs, one after the other with a newline between; each token is to be foretold once.

    A window begins `stride` tokens after the one before it. What both see is only read in the later one, so with a
    stride below the length every character but the first few has at least `length - stride` before it.

    Args:
        paragraphs: of one split.
        length: tokens of a window, L.
        stride: 1 .. `length`; `length` by default, which is right for training.
        reader: of the vocabulary.

    Returns:
        Inputs and labels `[N, L]`; labels are shifted already and `IGNORED` where a character was foretold before.

    Raises:
        ConfigError: if there is no text, or no such window.
    """
    stride = length if stride is None else stride
    if not 1 <= stride <= length:
        raise ConfigError(
            f"length, stride: windows of {length} tokens, {stride} apart, cannot be cut. "
            "The length is at least 1, the stride from 1 to the length."
        )
    text = "\n".join(paragraphs)
    if not text:
        raise ConfigError("text: there are no characters to cut windows from. Give at least one paragraph.")
    targets = reader.encode(text)
    inputs = [*reader.start(), *targets[:-1]]
    starts = range(0, max(1, len(targets) - (length - stride)), stride)
    padded = len(starts) * stride + length - len(targets)
    labels = _cut([*targets, *[IGNORED] * padded], starts, length)
    labels[1:, : length - stride] = IGNORED
    return Batch(_cut([*inputs, *[reader.pad] * padded], starts, length), labels)


def _cut(tokens: list[int], starts: range, length: int) -> Tensor:
    return torch.stack([torch.tensor(tokens[start : start + length], dtype=torch.int64) for start in starts])
