"""How well a language model does: it writes its answers to prompts and each is judged; text is foretold."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from inspect import signature
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.language.data import BEYOND, prompts_of
from distill_core.language.skills import instructions, reasoning
from distill_core.language.tokens import CHARACTER_READER, VOCABULARY
from distill_core.language.writing import Writing, write
from distill_core.mapping.layers import quiet
from distill_core.scoring import logits_where, rows_at_once
from distill_core.task import Feed, Score, Split, no_matter

LONGEST_ANSWER = 18
"""Tokens after which an answer is cut off; the longest right one has 14."""
ROWS = 256
MOST_NATS = 700.0
"""The perplexity of more is beyond what a number can hold."""


def examine(
    model: nn.Module,
    feed: Feed,
    split: Split,
    between: Callable[[], None] = no_matter,
    judged: bool = True,
    vocabulary: int = VOCABULARY,
) -> Score:
    """Scores a model on prompts that have one right answer or, where a split has none such, on the text itself.

    Of prompts, accuracy is the mean of both skills' shares of right answers, greedily written, to the letter; those
    beyond training count in metrics of their own alone. Of text it is the share of tokens foretold.

    Args:
        model: ids `[B, L]`, and a `Cache` if it can keep one, -> logits `[B, L, V]`; left in the mode it was in.
        feed: of the split.
        split: prompts with their right answers, or windows of text.
        between: called before each batch; may raise to end it.
        judged: whether prompts have one right answer each, in characters.
        vocabulary: how many tokens there are.
    """
    loss, guesses = foretell(model, feed, split.labels, between, vocabulary)
    prompts = prompts_of(split) if judged else None
    if prompts is None:
        right = guesses == split.labels[split.labels >= 0]
        perplexity = math.exp(min(loss, MOST_NATS))
        return Score(right.float().mean().item(), loss, guesses, {"perplexity": perplexity}, len(right))
    keeps_past = "cache" in signature(getattr(model, "module", model).forward).parameters
    reader = CHARACTER_READER
    writing = write(model, prompts, LONGEST_ANSWER, reader.eos, reader.pad, between=between, cached=keeps_past)
    said = [reader.decode(answer.tolist()) for answer in writing.answers]
    asked = [reader.decode(prompt[1:].tolist()) for prompt in prompts]
    beyond = (split.groups == BEYOND).tolist() if split.kinds is not None else [False] * len(split)
    found = judge(asked, said, beyond)
    metrics, counts = found.shares | {"stops": fmean(writing.stopped)}, found.counts | {"stops": len(split)}
    skills = [metrics[name] for name in ("reasoning", "instructions") if name in metrics]
    return Score(fmean(skills), loss, _numbers(said, writing), metrics, len(beyond) - sum(beyond), counts)


class Judged(NamedTuple):
    """Of each measure the share that is right, and over how many that is."""

    shares: dict[str, float]
    counts: dict[str, int]


def judge(asked: Sequence[str], said: Sequence[str], beyond: Sequence[bool]) -> Judged:
    """Shares of right answers by skill.

    Args:
        asked: prompts.
        said: what was written to each.
        beyond: which are of a kind that training has none of.

    Returns:
        Of reasoning: ``reasoning`` (the result is right), ``valid_steps`` (of all steps), ``right_by_wrong_steps``; of
        instructions: ``instructions`` (to the letter) and ``instructions_loose``; beyond training: ``longer_chains``
        and ``unseen_pairs``. What was not asked is left out.
    """
    found: dict[str, list[float]] = {}

    def note(name: str, values: Sequence[float | bool]) -> None:
        found.setdefault(name, []).extend(map(float, values))

    for prompt, answer, new in zip(asked, said, beyond, strict=True):
        if prompt[0].isdigit():
            chain = reasoning.check(prompt, answer)
            if new:
                note("longer_chains", [chain.right])
                continue
            note("reasoning", [chain.right])
            note("valid_steps", chain.steps)
            note("right_by_wrong_steps", [chain.right_by_wrong_steps])
        else:
            word = instructions.check(prompt, answer)
            if new:
                note("unseen_pairs", [word.strict])
                continue
            note("instructions", [word.strict])
            note("instructions_loose", [word.loose])
    shares = {name: fmean(values) for name, values in found.items()}
    return Judged(shares, {name: len(values) for name, values in found.items()})


def foretell(
    model: nn.Module, feed: Feed, labels: Tensor, between: Callable[[], None], vocabulary: int = VOCABULARY
) -> tuple[float, Tensor]:
    """The mean cross-entropy of what each position must predict, in nats a token, and what it would say `[P]`.

    Logits are computed for few texts at a time, so that memory does not grow with their number.
    """
    total, guesses = 0.0, []
    with quiet(model):
        for rows in torch.arange(len(labels)).split(rows_at_once(labels, vocabulary, ROWS)):
            between()
            counted = labels[rows] >= 0
            if not bool(counted.any()):
                continue
            logits, wanted = logits_where(model, feed.plain(rows), counted).float().cpu(), labels[rows][counted]
            total += functional.cross_entropy(logits, wanted, reduction="sum").item()
            guesses.append(logits.argmax(dim=1))
    return total / int((labels >= 0).sum()), torch.cat(guesses)


def _numbers(said: Sequence[str], writing: Writing) -> Tensor:
    """A number for each answer, the same for the same text; one cut off is another than the one that ended there."""
    texts = [f"{text}\n{ended}" for text, ended in zip(said, writing.stopped, strict=True)]
    return torch.tensor([int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") for text in texts])
