"""A language model writes: the likeliest token, or one drawn at a temperature, until it ends its answer.

Prompts of equal length are read together, so no text is padded, and texts that have ended leave the batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language.models.gpt import Cache
from distill_core.mapping.layers import quiet
from distill_core.scoring import counts_where
from distill_core.task import no_matter


class Past(Protocol):
    """What a model keeps of the tokens it has read."""

    def keep(self, rows: Tensor) -> None:
        """Goes on with these texts only, `[B]` bool."""
        ...


@dataclass(frozen=True)
class Writing:
    """What a model wrote, in the order of the prompts.

    Attributes:
        answers: ids after each prompt `[n]`, int64 on the CPU, up to and including the end token if it came.
        stopped: whether it ended each by itself, rather than being cut off.
        seconds: of reading the prompts and writing, without the time spent in `between`.
    """

    answers: list[Tensor]
    stopped: list[bool]
    seconds: float

    @property
    def tokens(self) -> int:
        """Tokens in the answers, end tokens included; those of the prompts are not counted."""
        return sum(len(answer) for answer in self.answers)

    @property
    def tokens_per_second(self) -> float:
        """Tokens written per second, all prompts together."""
        return self.tokens / self.seconds if self.seconds else 0.0


def write(
    model: nn.Module,
    prompts: Sequence[Tensor],
    max_new: int,
    eos: int,
    pad: int | None,
    batch: int = 256,
    between: Callable[[], None] = no_matter,
    temperature: float | None = None,
    generator: torch.Generator | None = None,
    cached: bool = True,
    width: int | None = None,
) -> Writing:
    """Lets a model answer prompts, in evaluation mode and without gradients; the model is left as it was.

    Args:
        model: ids `[B, L]` and a `Cache` -> logits `[B, L, V]`.
        prompts: ids `[n]` each, n >= 1.
        max_new: tokens after which an answer is cut off.
        eos: the token that ends an answer.
        pad: a token that is never written, for it stands for no text; None if there is none.
        batch: prompts read together, at most.
        between: called before each batch; may wait, or raise to end the writing.
        temperature: draws from `softmax(logits / temperature)`; None takes the likeliest token, the first of equal
            ones.
        generator: of the draws, on the model's device; torch's own if None. The same generator, prompts and batch give
            the same text.
        cached: reads each token once. False reads the whole text for every token, for a model that takes ids alone; the
            answers are the same and take longer.
        width: tokens of prompt and answer together after which an answer is cut off too; None sets no bound.

    Raises:
        ConfigError: if a prompt is empty, or a number is out of range.
    """
    _check(prompts, max_new, batch, temperature)
    place = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    answers: list[Tensor] = [torch.empty(0, dtype=torch.int64)] * len(prompts)
    seconds, never = 0.0, _tokens(pad, place)

    def choose(logits: Tensor) -> Tensor:
        logits = logits.index_fill(1, never, float("-inf"))
        if temperature is None:
            return logits.argmax(dim=1)
        return torch.multinomial((logits.float() / temperature).softmax(dim=1), 1, generator=generator).squeeze(1)

    for rows in _of_equal_length(prompts, batch):
        between()
        began = time.perf_counter()
        texts = torch.stack([prompts[row] for row in rows]).to(place, torch.int64)
        with quiet(model):
            room = max_new if width is None else min(max_new, width - texts.shape[1])
            written = _write_batch(model, texts, room, eos, choose, _cache_for(model) if cached else None)
        for row, answer in zip(rows, written, strict=True):
            answers[row] = answer
        seconds += time.perf_counter() - began
    return Writing(answers, [int(answer[-1]) == eos for answer in answers], seconds)


def write_abreast(
    model: nn.Module,
    prompts: Sequence[Tensor],
    width: int,
    eos: int,
    pad: int | None,
    generator: torch.Generator,
    between: Callable[[], None] = no_matter,
) -> list[Tensor]:
    """Lets a model answer prompts of any lengths in one batch, each token drawn from its own distribution.

    All texts are read from their first token on, side by side and without padding: where a prompt still goes on its
    next token is read, elsewhere the one just drawn. That takes as many steps as the widest text has tokens, where
    `write` takes as many for each length of prompt; for the few prompts of a training step it is several times faster.
    Draws are those of temperature 1; the model is in evaluation mode and without gradients, and left as it was.

    Args:
        model: ids `[B, L]` and a `Cache` -> logits `[B, L, V]`.
        prompts: ids `[n]` each, 1 <= n < width.
        width: tokens of prompt and answer after which an answer is cut off.
        eos: the token that ends an answer.
        pad: a token that is never written; None if there is none.
        generator: of the draws, on the model's device. The same generator and prompts give the same text.
        between: called before each token; may raise to end the writing.

    Returns:
        Ids after each prompt, int64 on the CPU, up to and including the end token if it came.
    """
    place = generator.device
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=place)
    texts = torch.full((len(prompts), width), eos, device=place)
    for row, prompt in enumerate(prompts):
        texts[row, : len(prompt)] = prompt
    ends = torch.full_like(lengths, width)
    rows, cache, at = torch.arange(len(prompts), device=place), _cache_for(model), int(lengths.min())
    unread, never = texts[:, :at], _tokens(pad, place)
    with quiet(model):
        while len(rows) and at < width:
            between()
            logits = _of_the_last(model, unread, cache).float().index_fill(1, never, float("-inf"))
            drawn = torch.multinomial(logits.softmax(dim=1), 1, generator=generator).squeeze(1)
            given = lengths[rows] > at
            token = torch.where(given, texts[rows, at], drawn)
            texts[rows, at] = token
            at += 1
            goes_on = given | (token != eos)
            if not bool(goes_on.all()):
                ends[rows[~goes_on]] = at
                rows, token = rows[goes_on], token[goes_on]
                cache.keep(goes_on)
            unread = token.unsqueeze(1)
    bounds = zip(texts.cpu(), lengths.tolist(), ends.tolist(), strict=True)
    return [text[begin:end] for text, begin, end in bounds]


def _write_batch(
    model: nn.Module, texts: Tensor, max_new: int, eos: int, choose: Callable[[Tensor], Tensor], cache: Past | None
) -> list[Tensor]:
    """The answers to prompts `[B, L]`."""
    length = texts.shape[1]
    answers: dict[int, Tensor] = {}
    rows = torch.arange(len(texts), device=texts.device)
    unread = texts
    while len(rows):
        unread = choose(_of_the_last(model, texts if cache is None else unread, cache)).unsqueeze(1)
        texts = torch.cat([texts, unread], dim=1)
        goes_on = (unread[:, 0] != eos) & (texts.shape[1] < length + max_new)
        ended = ~goes_on
        if ended.any():
            answers.update(zip(rows[ended].tolist(), texts[ended, length:].cpu(), strict=True))
            rows, texts, unread = rows[goes_on], texts[goes_on], unread[goes_on]
            if cache is not None:
                cache.keep(goes_on)
    return [answers[row] for row in sorted(answers)]


def _of_the_last(model: nn.Module, ids: Tensor, cache: Past | None) -> Tensor:
    """Logits `[B, V]` of the token after the last of each text `[B, L]`."""
    beside = () if cache is None else (cache,)
    if counts_where(model):
        last = torch.zeros_like(ids, dtype=torch.bool)
        last[:, -1] = True
        logits: Tensor = model(ids, *beside, where=last)
        return logits
    whole: Tensor = model(ids, *beside)
    return whole[:, -1]


def _cache_for(model: nn.Module) -> Past:
    """An empty cache of the kind that a model keeps."""
    make = getattr(getattr(model, "module", model), "new_cache", Cache)
    empty: Past = make()
    return empty


def _tokens(token: int | None, place: torch.device) -> Tensor:
    return torch.tensor([] if token is None else [token], dtype=torch.int64, device=place)


def _of_equal_length(prompts: Sequence[Tensor], batch: int) -> list[list[int]]:
    """Places of the prompts, in lists of at most `batch` with prompts of one length each, the shortest first."""
    by_length: dict[int, list[int]] = {}
    for place, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(place)
    return [
        places[start : start + batch]
        for _, places in sorted(by_length.items())
        for start in range(0, len(places), batch)
    ]


def _check(prompts: Sequence[Tensor], max_new: int, batch: int, temperature: float | None) -> None:
    empty = [place for place, prompt in enumerate(prompts) if len(prompt) == 0]
    if empty:
        raise ConfigError(f"writing: prompt {empty[0]} is empty; begin it with at least one token, such as bos")
    for name, number in (("max_new", max_new), ("batch", batch)):
        if number < 1:
            raise ConfigError(f"{name}: {number} is too few to write; take at least 1")
    if temperature is not None and temperature <= 0:
        raise ConfigError(
            f"temperature: {temperature:g} cannot be written at; take a number above 0, or None for the likeliest token"
        )
