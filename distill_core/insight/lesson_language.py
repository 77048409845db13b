"""The recorded material of the Learn page's tour of language: what a teacher says of the next token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from distill_core.insight.lesson import FOLDER, Material, Numbers, read_material
from distill_core.insight.lesson_answers import STOPS
from distill_core.language.skills.instructions import TITLES

ARRAYS, FACTS = FOLDER / "language.npz", FOLDER / "language.json"
COMMAND = "python -m distill_core.assets.make_language_lesson"
REST = "all others"


@dataclass(frozen=True)
class Asked:
    """A prompt and what the teacher wrote.

    Attributes:
        test: the kind of test it is of, such as ``unseen-pairs``.
        prompt: as the teacher reads it.
        right: the right answer.
        written: the teacher's tokens as they are shown, the end among them.
    """

    test: str
    prompt: str
    right: str
    written: tuple[str, ...]

    @property
    def asks(self) -> str:
        """What the prompt asks for: ``srt, letters in alphabetical order; then rev, write it backwards``."""
        commands, space, _ = self.prompt.partition(" ")
        if not space:
            return "each step of the sum from left to right, modulo 10, then the result"
        return "; then ".join(f"{command}, {TITLES[command]}" for command in commands.split("+"))


class LanguageLesson(Material):
    """A teacher of texts on a few prompts, and its mean certainty on all test prompts.

    Attributes:
        facts: beside what made it: `teacher`, `parameters`, `tokens` (all of them by name), `prompts`, and `bits`, the
            mean entropy of a token of the right answers by test, at each of `STOPS`.
        arrays: ``answers_{number} [n, V]``, the logits for each token of what the teacher wrote to that prompt.
    """

    @property
    def prompts(self) -> tuple[Asked, ...]:
        """Those that a reader can choose."""
        return tuple(Asked(**{**each, "written": tuple(each["written"])}) for each in self.facts["prompts"])

    @property
    def tokens(self) -> tuple[str, ...]:
        """What each token is called."""
        return tuple(self.facts["tokens"])

    def bits(self, test: str, temperature: float) -> float:
        """Mean entropy of a token of the right answers to the prompts of a test."""
        return float(self.facts["bits"][test][STOPS.index(temperature)])


@lru_cache(maxsize=1)
def language_lesson() -> LanguageLesson:
    """The recorded material, read once."""
    return LanguageLesson(*read_material(FACTS, ARRAYS))


def likeliest(shares: Numbers, tokens: Sequence[str], most: int) -> list[tuple[str, float]]:
    """The `most` likeliest tokens with their shares, the first the likeliest, and the sum of all others.

    Args:
        shares: `[V]`, summing to 1.
        tokens: V names.
        most: how many, fewer than V.
    """
    order = np.argsort(-shares, kind="stable")[:most]
    first = [(tokens[place], float(shares[place])) for place in order]
    return [*first, (REST, float(max(0.0, 1 - sum(share for _, share in first))))]
