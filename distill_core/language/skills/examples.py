"""Training, validation and test of both skills, drawn from a seed.

An expression or a word belongs to one of the three by a hash of itself, whatever the seed: what a model is tested on no
model was trained on, a published teacher included, and a word held out is held out under every command.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from distill_core.errors import ConfigError, unknown_name
from distill_core.language.skills import instructions, reasoning

TRAIN, VALIDATION, TEST = 20_000, 500, 500
SHARES = {"train": 80, "validation": 10, "test": 10}
"""Percent of all that can be drawn."""
PAIRS_PER_CENT = 25
"""Of the instructions, how many are pairs of commands."""
FILLED = 0.9
"""Of the expressions or words there are in a split, how many can be drawn without waiting long for a new one."""
CHUNK = 128
"""Places drawn at a time; another number draws other examples."""


class Example(NamedTuple):
    """A prompt with its right answer.

    Attributes:
        skill: ``reasoning`` or ``instructions``.
        kind: ``chain``, or the commands, such as ``rev`` or ``upp+rev``.
        steps: how many operations, or letters of the word; fewer are easier.
        prompt: what the model is given.
        answer: what it should write.
    """

    skill: str
    kind: str
    steps: int
    prompt: str
    answer: str


@dataclass(frozen=True)
class Examples:
    """Everything drawn.

    Attributes:
        train: to learn from.
        validation: to choose by.
        tests: ``reasoning`` and ``instructions``, and beyond what was trained ``longer-chains`` and ``unseen-pairs``.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    tests: dict[str, tuple[Example, ...]]

    @property
    def sha256(self) -> str:
        """Of all of it, in its order."""
        digest = hashlib.sha256()
        for name, split in (("train", self.train), ("validation", self.validation), *sorted(self.tests.items())):
            digest.update(f"{name} {sha256(split)}\n".encode())
        return digest.hexdigest()


class Cell(NamedTuple):
    """Examples alike in skill, kind and steps."""

    skill: str
    kind: str
    steps: int


CHAINS = tuple(Cell("reasoning", "chain", steps) for steps in reasoning.LENGTHS)
LONGER_CHAINS = tuple(Cell("reasoning", "chain", steps) for steps in reasoning.LONGER)


def _cells(kinds: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(Cell("instructions", kind, steps) for kind in kinds for steps in instructions.LENGTHS)


SINGLES, SEEN, UNSEEN = (
    _cells(kinds) for kinds in (instructions.COMMANDS, instructions.SEEN_PAIRS, instructions.UNSEEN_PAIRS)
)


def make_examples(train: int = TRAIN, validation: int = VALIDATION, test: int = TEST, seed: int = 0) -> Examples:
    """Draws every split; the same arguments give the same examples on every machine, and no prompt comes twice.

    Half of training and of validation is reasoning, half instructions; within a skill kinds and steps are as often as
    each other, to within one, single commands among themselves and pairs among themselves.

    Args:
        train: how many prompts to learn from.
        validation: how many to choose by.
        test: how many in each test.
        seed: decides which; not which split a content belongs to.

    Raises:
        ConfigError: if more are asked for than there are.
    """
    return Examples(
        train=_both(train, "train", seed),
        validation=_both(validation, "validation", seed),
        tests={
            "reasoning": draw(test, CHAINS, "test", seed),
            "instructions": _instructions(test, "test", seed),
            "longer-chains": draw(test, LONGER_CHAINS, "test", seed),
            "unseen-pairs": draw(test, UNSEEN, "test", seed),
        },
    )


def draw(count: int, cells: Sequence[Cell], split: str, seed: int) -> tuple[Example, ...]:
    """Different examples of one split, as many of each cell to within one, in an order of chance.

    Raises:
        ConfigError: if a cell has not so many.
    """
    if count < 0:
        raise ConfigError(f"{split}: {count} examples cannot be drawn; ask for 0 or more.")
    examples = [
        example
        for place, cell in enumerate(cells)
        for example in _draw_cell(count // len(cells) + (place < count % len(cells)), cell, split, seed)
    ]
    return _shuffled(examples, f"{split}/order/{seed}")


def split_of(content: str) -> str:
    """``train``, ``validation`` or ``test``: where an expression such as ``3-8+7``, a word or a paragraph belongs.

    The first 8 bytes of its SHA-256 decide, so Python's own hash, which changes from process to process, has no part.
    """
    place = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big") % 100
    for split, share in SHARES.items():
        if place < share:
            return split
        place -= share
    raise AssertionError("the shares are less than 100 percent")


def content_of(prompt: str) -> str:
    """What must not be in two splits: the expression, or the word without its commands."""
    return prompt[:-1].rpartition(" ")[2]


def sha256(examples: Iterable[Example]) -> str:
    """Of examples in their order; prompts and answers hold no tab and no newline."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(("\t".join(map(str, example)) + "\n").encode())
    return digest.hexdigest()


def _both(count: int, split: str, seed: int) -> tuple[Example, ...]:
    half = count // 2
    together = [*draw(count - half, CHAINS, split, seed), *_instructions(half, split, seed)]
    return _shuffled(together, f"{split}/skills/{seed}")


def _instructions(count: int, split: str, seed: int) -> tuple[Example, ...]:
    pairs = count * PAIRS_PER_CENT // 100
    together = [*draw(count - pairs, SINGLES, split, seed), *draw(pairs, SEEN, split, seed)]
    return _shuffled(together, f"{split}/instructions/{seed}")


def _draw_cell(count: int, cell: Cell, split: str, seed: int) -> list[Example]:
    if split not in SHARES:
        raise unknown_name("split", split, SHARES)
    there = _HOW_MANY[cell.skill](cell.steps) * SHARES[split] // 100
    if count > FILLED * there:
        what = f"chains of {cell.steps} operations" if cell.skill == "reasoning" else f"words of {cell.steps} letters"
        raise ConfigError(
            f"{split}: {count:,} different {what} were asked for, but this split has about {there:,}, of which "
            f"{int(FILLED * there):,} can be drawn. Ask for fewer examples."
        )
    random = _random(f"{split}/{cell.skill}/{cell.kind}/{cell.steps}/{seed}")
    prompts: dict[str, None] = {}
    while len(prompts) < count:
        for place in random.randint(0, _HOW_MANY[cell.skill](cell.steps), size=CHUNK, dtype=np.int64).tolist():
            prompt = _prompt_at(place, cell)
            if split_of(content_of(prompt)) == split:
                prompts[prompt] = None
    answer = _ANSWER[cell.skill]
    return [Example(*cell, prompt, answer(prompt)) for prompt in itertools.islice(prompts, count)]


_HOW_MANY: dict[str, Callable[[int], int]] = {"reasoning": reasoning.how_many, "instructions": instructions.how_many}
_ANSWER: dict[str, Callable[[str], str]] = {"reasoning": reasoning.answer, "instructions": instructions.answer}


def _prompt_at(place: int, cell: Cell) -> str:
    if cell.skill == "reasoning":
        return reasoning.chain_at(place, cell.steps)
    return instructions.prompt_of(cell.kind, instructions.word_at(place, cell.steps))


def _shuffled(examples: Sequence[Example], purpose: str) -> tuple[Example, ...]:
    return tuple(examples[place] for place in _random(purpose).permutation(len(examples)))


def _random(purpose: str) -> np.random.RandomState:
    """A generator of its own for every purpose; `RandomState`, because its stream is frozen (NEP 19)."""
    return np.random.RandomState(int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4], "big"))
