"""The data sets of language: skills and questions that are generated, plain English, and the user's own prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from distill_core.cards import Vocabulary
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.language.datasets import DATASETS, JUDGED, PROMPTS
from distill_core.language.readers import check_length, reader_of, vocabulary_for
from distill_core.language.skills import instructions
from distill_core.language.skills.examples import Example, Examples, make_examples
from distill_core.language.skills.text import read_text, split_paragraphs, windows
from distill_core.language.tokens import CHARACTERS, VOCABULARY, batch
from distill_core.task import Data, DataFacts, Split, no_matter, no_progress, unknown_in

TOKENS = ("pad", "bos", "eos", "unk", *CHARACTERS)
PROSE = ("text",)
KINDS = ("chain", *instructions.COMMANDS, *instructions.SEEN_PAIRS)
BEYOND = -1
"""The kind of a test prompt that no training prompt is of."""
WINDOW, STRIDE = 64, 32


def load(
    config: DistillConfig,
    home: Path | None = None,
    between: Callable[[], None] = no_matter,
    progress: Callable[[int, int], None] = no_progress,
) -> Data:
    """The data set of a run, in the tokens that its student reads; the same on every machine.

    Args:
        config: of the run.
        home: where the answers that a model writes are kept; None keeps none.
        between: called before work that takes long; may raise.
        progress: told how many of the prompts without an answer have got one.

    Raises:
        ConfigError: if there is none of that name, or it cannot be read in these tokens.
        DataUnavailable: if a file is missing or cannot be used.
    """
    from distill_core.language.prompts import load_prompts

    if config.dataset not in DATASETS:
        raise unknown_in("language", "dataset", config.dataset, DATASETS)
    between()
    vocabulary = vocabulary_for(config.student, fetch=True)
    if config.dataset in PROMPTS:
        check_length(vocabulary, config.text_length)
        return load_prompts(config, vocabulary, home, progress)
    if config.dataset == "plain-english":
        check_length(vocabulary, WINDOW)
        return plain_english(config.dataset, vocabulary)
    check_characters(config.dataset, vocabulary)
    return _skills(config.dataset, 20_000, seed=0) if config.dataset == "skills" else _skills("skills-more", 36_000, 1)


def check_characters(dataset: str, vocabulary: Vocabulary | None) -> None:
    """Refuses skills in other tokens: their prompts and answers are made of single characters.

    Raises:
        ConfigError: naming the data sets that will do.
    """
    if vocabulary is not None and dataset in JUDGED:
        raise ConfigError(
            f"dataset: {dataset} is written in characters, and {vocabulary.source} reads {vocabulary.size:,} tokens of "
            f"its own; take {', '.join(PROMPTS)} or plain-english"
        )


@lru_cache(maxsize=2)
def _skills(name: str, count: int, seed: int) -> Data:
    examples = make_examples(train=count, seed=seed)
    train = _split(examples.train)
    return Data(
        facts=facts_of(name, train, examples.sha256, KINDS),
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
def plain_english(name: str, vocabulary: Vocabulary | None) -> Data:
    """Windows of prose, in characters or in the tokens of a vocabulary."""
    texts, reader = split_paragraphs(), reader_of(vocabulary)
    train, validation, test = (
        Split(*windows(paragraphs, WINDOW, stride, reader))
        for paragraphs, stride in zip(texts, (WINDOW, STRIDE, STRIDE), strict=True)
    )
    read_by = f"{vocabulary.sha256}\n" if vocabulary else ""
    sha256 = hashlib.sha256(f"{read_by}{WINDOW} {STRIDE}\n{read_text()}".encode()).hexdigest()
    facts = facts_of(name, train, sha256, PROSE, vocabulary)
    return Data(facts, _all_alike(train), _all_alike(validation), _all_alike(test))


def _all_alike(split: Split) -> Split:
    """Windows of text: of one kind, and none harder than the others."""
    return Split(split.inputs, split.labels, torch.zeros(len(split), dtype=torch.int64), torch.zeros(len(split)))


def facts_of(
    name: str,
    train: Split,
    sha256: str,
    kinds: tuple[str, ...],
    vocabulary: Vocabulary | None = None,
    notes: tuple[str, ...] = (),
) -> DataFacts:
    """The facts of a data set in characters, or in the tokens of a vocabulary."""
    assert len(TOKENS) == VOCABULARY
    tokens = TOKENS if vocabulary is None else ()
    return DataFacts(name, tokens, (train.inputs.shape[1],), (), (), sha256, kinds, vocabulary, notes)


def prompts_of(split: Split) -> list[Tensor] | None:
    """The tokens of each prompt, none of which is to be predicted; None for a text that is read from its beginning."""
    begins = (split.labels >= 0).int().argmax(dim=1)
    if bool((begins == 0).any()):
        return None
    return [row[: int(begin) + 1] for row, begin in zip(split.inputs, begins, strict=True)]
