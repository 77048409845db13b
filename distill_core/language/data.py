"""The data sets of language: skills that are generated, and plain English that ships with the project."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from distill_core.errors import unknown_name
from distill_core.language.datasets import DATASETS
from distill_core.language.skills import instructions
from distill_core.language.skills.examples import Example, Examples, make_examples
from distill_core.language.skills.text import read_text, split_paragraphs, windows
from distill_core.language.tokens import CHARACTERS, VOCABULARY, batch
from distill_core.task import Data, DataFacts, Split

TOKENS = ("pad", "bos", "eos", "unk", *CHARACTERS)
PROSE = ("text",)
KINDS = ("chain", *instructions.COMMANDS, *instructions.SEEN_PAIRS)
BEYOND = -1
"""The kind of a test prompt that no training prompt is of."""
WINDOW, STRIDE = 64, 32


def load(name: str) -> Data:
    """A data set by name; the same on every machine.

    Raises:
        ConfigError: if there is none of that name.
        DataUnavailable: if the embedded text is missing.
    """
    if name == "skills":
        return _skills(name, 20_000, seed=0)
    if name == "skills-more":
        return _skills(name, 36_000, seed=1)
    if name == "plain-english":
        return _plain_english(name)
    raise unknown_name("dataset", name, DATASETS)


@lru_cache(maxsize=2)
def _skills(name: str, count: int, seed: int) -> Data:
    examples = make_examples(train=count, seed=seed)
    train = _split(examples.train)
    return Data(
        facts=_facts(name, train, examples.sha256, KINDS),
        train=train,
        validation=_split(examples.validation),
        test=_split(_tests(examples)),
    )


def _tests(examples: Examples) -> list[Example]:
    return [example for _, some in sorted(examples.tests.items()) for example in some]


def _split(examples: Sequence[Example]) -> Split:
    inputs, labels = batch([(example.prompt, example.answer) for example in examples])
    kinds = [KINDS.index(example.kind) if _is_trained(example) else BEYOND for example in examples]
    steps = [example.steps for example in examples]
    return Split(inputs, labels, torch.tensor(kinds), torch.tensor(steps, dtype=torch.float32))


def _is_trained(example: Example) -> bool:
    from distill_core.language.skills import reasoning

    return example.kind in KINDS and (example.skill != "reasoning" or example.steps in reasoning.LENGTHS)


@lru_cache(maxsize=1)
def _plain_english(name: str) -> Data:
    texts = split_paragraphs()
    train, validation, test = (
        Split(*windows(paragraphs, WINDOW, stride))
        for paragraphs, stride in zip(texts, (WINDOW, STRIDE, STRIDE), strict=True)
    )
    sha256 = hashlib.sha256(f"{WINDOW} {STRIDE}\n{read_text()}".encode()).hexdigest()
    return Data(_facts(name, train, sha256, PROSE), _all_alike(train), _all_alike(validation), _all_alike(test))


def _all_alike(split: Split) -> Split:
    """Windows of text: of one kind, and none harder than the others."""
    return Split(split.inputs, split.labels, torch.zeros(len(split), dtype=torch.int64), torch.zeros(len(split)))


def _facts(name: str, train: Split, sha256: str, kinds: tuple[str, ...]) -> DataFacts:
    assert len(TOKENS) == VOCABULARY
    return DataFacts(name, TOKENS, (train.inputs.shape[1],), (), (), sha256, kinds)


def prompts_of(split: Split) -> list[Tensor] | None:
    """The tokens of each prompt, ``bos`` first; None for a text that is read from its beginning."""
    begins = (split.labels >= 0).int().argmax(dim=1)
    if bool((begins == 0).any()):
        return None
    return [row[: int(begin) + 1] for row, begin in zip(split.inputs, begins, strict=True)]
