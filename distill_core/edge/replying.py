"""Exported language models write: greedily, one token after the other, with what each was worth.

A file keeps no past, so for every token it reads the text so far, as it would on a device.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distill_core.edge.onnx_file import FREE, first_line, input_of, open_session
from distill_core.errors import DistillError
from distill_core.softening import softened
from distill_core.task import no_matter

RIVALS = 5
"""Likeliest tokens that are kept of each step, the one written among them."""
BATCH = 64


@dataclass(frozen=True)
class Step:
    """A token that was written.

    Attributes:
        token: its number.
        probability: that the model gave it, 0..1.
        rivals: the likeliest tokens with their probabilities, the likeliest first.
        cpu_ms: milliseconds of CPU time of this thread for it.
    """

    token: int
    probability: float
    rivals: tuple[tuple[int, float], ...]
    cpu_ms: float


@dataclass(frozen=True)
class Answer:
    """Tokens that were written, the end included if it came, and the probability of all of them together, 0..1."""

    tokens: tuple[int, ...]
    probability: float


class Writer:
    """An exported language model, open on one thread.

    Args:
        file: reads tokens `[B, L]` of any length and gives scores `[B, L, V]`.

    Raises:
        DistillError: if it cannot be read, or reads no texts of any length.
    """

    def __init__(self, file: Path) -> None:
        self._session: Any = open_session(file)
        self._file = file
        into = input_of(self._session, file)
        if not into.tokens or into.shape != (FREE,):
            raise DistillError(f"{file} reads no texts of any length, so it cannot write. Export it again.")
        self._input = into.name

    def write(self, prompt: Sequence[int], most: int, eos: int, never: int | None = None) -> Iterator[Step]:
        """Goes on from a prompt, each time with the likeliest token, until the end or `most` tokens.

        Args:
            prompt: tokens, at least one.
            most: tokens to write.
            eos: ends the answer; it is the last step then.
            never: a token that is not written, for it stands for no text; its probability counts all the same.
        """
        text = list(prompt)
        for _ in range(most):
            begin = time.thread_time_ns()
            scores = self._last(np.array([text], np.int64))[0]
            took = (time.thread_time_ns() - begin) / 1e6
            chances = softened(scores)
            token = int(_without(scores[None], never).argmax())
            likeliest = np.argsort(-chances, kind="stable")[:RIVALS]
            rivals = tuple((int(each), float(chances[each])) for each in likeliest)
            text.append(token)
            yield Step(token, float(chances[token]), rivals, took)
            if token == eos:
                return

    def answers(
        self,
        prompts: Sequence[Sequence[int]],
        most: int,
        eos: int,
        never: int | None = None,
        between: Callable[[], None] = no_matter,
    ) -> list[Answer]:
        """What `write` writes to each prompt; prompts of equal length are read together.

        Args:
            prompts: tokens of each.
            most: see `write`.
            eos: see `write`.
            never: see `write`.
            between: called before every token; may raise to end it.
        """
        found: list[list[int]] = [[] for _ in prompts]
        sure = np.ones(len(prompts))
        for rows in _alike(prompts):
            texts = np.array([prompts[row] for row in rows], np.int64)
            for _ in range(most):
                between()
                scores = self._last(texts)
                tokens = _without(scores, never).argmax(axis=1)
                sure[rows] *= softened(scores)[np.arange(len(rows)), tokens]
                for row, token in zip(rows, tokens.tolist(), strict=True):
                    found[row].append(token)
                goes_on = tokens != eos
                texts = np.concatenate([texts, tokens[:, None]], axis=1)[goes_on]
                rows = [row for row, more in zip(rows, goes_on.tolist(), strict=True) if more]
                if not rows:
                    break
        return [Answer(tuple(tokens), float(each)) for tokens, each in zip(found, sure, strict=True)]

    def _last(self, texts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores `[B, V]` of the token after each text `[B, L]`."""
        try:
            scores: NDArray[np.float32] = self._session.run(None, {self._input: texts})[0][:, -1]
        except Exception as error:
            raise DistillError(f"{self._file} cannot read this text ({first_line(error)}).") from None
        return scores


def _without(scores: NDArray[np.float32], never: int | None) -> NDArray[np.float32]:
    """The scores `[B, V]` with one token out of the question."""
    if never is None:
        return scores
    scores = scores.copy()
    scores[:, never] = -np.inf
    return scores


def _alike(prompts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of the prompts in groups of one length, at most `BATCH` each."""
    by_length: dict[int, list[int]] = {}
    for place, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(place)
    for places in by_length.values():
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]
