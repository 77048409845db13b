"""Characters as tokens: 4 marks, the 95 printable characters of ASCII, and the newline, 100 in all; and samples.

A sample is `[bos] prompt answer [eos] pad ...`. Padding is a token of its own, not the end: a model whose end looked
like padding would never be taught to stop. Other vocabularies come with a `Reader` of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from distill_core.errors import ConfigError

PAD, BOS, EOS, UNK = range(4)
CHARACTERS = "".join(chr(code) for code in range(32, 127)) + "\n"
FIRST_CHARACTER = 4
VOCABULARY = FIRST_CHARACTER + len(CHARACTERS)
IGNORED = -100
"""The label of a position whose next token is not to be learned, `cross_entropy`'s own."""
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""How `decode` writes a token that stands for no character."""

_IDS = {character: FIRST_CHARACTER + place for place, character in enumerate(CHARACTERS)}


class Batch(NamedTuple):
    """Samples of one width.

    Attributes:
        inputs: tokens `[N, L]`, int64.
        labels: `[N, L]`, int64, shifted already: what each position must predict, `IGNORED` where nothing counts.
    """

    inputs: Tensor
    labels: Tensor


def encode(text: str) -> list[int]:
    """The token of every character, without marks around them; a character outside the vocabulary becomes `UNK`."""
    return [_IDS.get(character, UNK) for character in text]


def encode_prompt(prompt: str) -> list[int]:
    """`[bos] prompt`, what a model is given to go on from."""
    return [BOS, *encode(prompt)]


def decode(ids: Iterable[int]) -> str:
    """The text up to the first end, without the mark at its beginning; without an end, up to the padding.

    Any other token that is no character is shown as `UNREADABLE`, so an answer with padding inside it is not
    taken for a clean one.

    Raises:
        ValueError: if a token is outside the vocabulary.
    """
    tokens = [int(token) for token in ids]
    wrong = next((token for token in tokens if not 0 <= token < VOCABULARY), None)
    if wrong is not None:
        raise ValueError(f"token {wrong} is outside the vocabulary of {VOCABULARY}")
    if EOS in tokens:
        tokens = tokens[: tokens.index(EOS)]
    else:
        while tokens and tokens[-1] == PAD:
            tokens.pop()
    if tokens and tokens[0] == BOS:
        del tokens[0]
    return "".join(UNREADABLE if token < FIRST_CHARACTER else CHARACTERS[token - FIRST_CHARACTER] for token in tokens)


class Reader(Protocol):
    """Turns text into tokens and back."""

    @property
    def pad(self) -> int:
        """Fills up a row, where nothing is to be predicted."""
        ...

    @property
    def eos(self) -> int:
        """Ends a text."""
        ...

    @property
    def unwritten(self) -> int | None:
        """A token that is never to be written, for it stands for no text; None if there is none."""
        ...

    def prompt(self, text: str) -> list[int]:
        """What a model is given to go on from, with whatever it is used to have around it."""
        ...

    def encode(self, text: str) -> list[int]:
        """The tokens of a text without marks around it."""
        ...

    def start(self) -> list[int]:
        """What stands before a text that is read from its beginning: one token."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """The text of an answer, up to its first end."""
        ...


class CharacterReader:
    """The characters of this module."""

    pad, eos, unwritten = PAD, EOS, PAD

    def prompt(self, text: str) -> list[int]:
        """`[bos] text`."""
        return encode_prompt(text)

    def encode(self, text: str) -> list[int]:
        """A token for each character."""
        return encode(text)

    def start(self) -> list[int]:
        """`[bos]`."""
        return [BOS]

    def decode(self, ids: Iterable[int]) -> str:
        """As `decode` of this module; an answer has no mark at its beginning, and one there is shown."""
        return decode([BOS, *ids])


CHARACTER_READER = CharacterReader()


def width_of(prompt: str, answer: str, reader: Reader = CHARACTER_READER) -> int:
    """How many tokens a sample takes with the marks at both ends."""
    return len(reader.prompt(prompt)) + len(reader.encode(answer)) + 1


def batch(samples: Sequence[tuple[str, str]], length: int | None = None, reader: Reader = CHARACTER_READER) -> Batch:
    """Samples side by side, each `[bos] prompt answer [eos] pad ...`; the answer and its end are to be predicted.

    Args:
        samples: prompt and answer of each.
        length: how many tokens wide, L; as wide as the widest by default.
        reader: of the vocabulary.

    Raises:
        ConfigError: if a sample is wider than `length`.
    """
    read = [(reader.prompt(prompt), reader.encode(answer)) for prompt, answer in samples]
    widths = [len(prompt) + len(answer) + 1 for prompt, answer in read]
    length = max(widths, default=0) if length is None else length
    inputs: list[list[int]] = []
    labels: list[list[int]] = []
    for (prompt, answer), width, sample in zip(read, widths, samples, strict=True):
        if width > length:
            raise ConfigError(
                f"length: {_shortened(''.join(sample))!r} takes {width} tokens with its marks, but a sample has "
                f"{length}. Allow at least {max(widths)} tokens, or shorten the text."
            )
        taught = [*answer, reader.eos]
        inputs.append([*prompt, *taught, *[reader.pad] * (length - width)])
        labels.append([*[IGNORED] * (len(prompt) - 1), *taught, *[IGNORED] * (length - width + 1)])
    shape = (len(samples), length)
    return Batch(*(torch.tensor(rows, dtype=torch.int64).reshape(shape) for rows in (inputs, labels)))


def laid_out(prompts: Sequence[Tensor], answers: Sequence[Tensor], length: int, pad: int = PAD) -> Batch:
    """What a model wrote, side by side with its prompts as in `batch`; an answer without an end has none to learn.

    Args:
        prompts: tokens `[n]` of each, ``bos`` first.
        answers: tokens `[m]` of each, up to and including the end if it came; n + m is at most `length`.
        length: how many tokens wide, L.
        pad: fills up a row.
    """
    inputs = torch.full((len(prompts), length), pad)
    labels = torch.full_like(inputs, IGNORED)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        begin, end = len(prompt), len(prompt) + len(answer)
        inputs[row, :begin], inputs[row, begin:end] = prompt, answer
        labels[row, begin - 1 : end - 1] = answer
    return Batch(inputs, labels)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
