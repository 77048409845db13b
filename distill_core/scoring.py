"""How well a model does on a split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.task import Feed, Score, Split

EVALUATION_BATCH = 125
MOST_CLASSES = 200
"""Each epoch's event holds a figure of each class; of more there is no picture that could be read."""
AGREEMENT = "agreement"
"""What `same_answers` is called among a score's metrics."""
LOGITS_AT_ONCE = 2**25
"""Logits that an evaluation holds at a time: 128 MB."""


def evaluate(model: nn.Module, feed: Feed, labels: Tensor, between: Callable[[], None] = lambda: None) -> Score:
    """Scores a model in evaluation mode and leaves it in the mode it was in.

    Args:
        model: images -> logits `[B, C]`.
        feed: of the split, asked for unaugmented inputs.
        labels: `[N]`.
        between: called before each batch; may raise to end the evaluation.
    """
    logits = answers_of(model, feed, len(labels), between)
    predictions = logits.argmax(dim=1)
    return Score(
        accuracy=int((predictions == labels).sum()) / len(labels),
        loss=functional.cross_entropy(logits, labels).item(),
        predictions=predictions,
        by_class=right_by_class(predictions, labels, logits.shape[1]),
    )


def right_by_class(predictions: Tensor, labels: Tensor, classes: int) -> tuple[float | None, ...]:
    """Of each class's inputs the share that was answered right; None for a class without any.

    Args:
        predictions: `[N]`.
        labels: `[N]`.
        classes: C; nothing is told of more than `MOST_CLASSES`.
    """
    if classes > MOST_CLASSES:
        return ()
    there = torch.bincount(labels, minlength=classes).tolist()
    right = torch.bincount(labels[predictions == labels], minlength=classes).tolist()
    return tuple(ours / every if every else None for ours, every in zip(right, there, strict=True))


def same_answers(student: Score, teacher: Score, split: Split) -> float:
    """The share of answers that are the same, of the kinds of inputs trained on where there is one answer an input."""
    same = student.predictions == teacher.predictions
    if len(same) == len(split):
        same = same[~split.beyond]
    return int(same.sum()) / len(same)


def answers_of(model: nn.Module, feed: Feed, count: int, between: Callable[[], None] = lambda: None) -> Tensor:
    """What a model says of the first `count` unaugmented inputs of a feed: logits `[count, C]` on the CPU.

    The model answers in evaluation mode and is left in the mode it was in.
    """
    answers = []
    with answering(model):
        for batch in torch.arange(count).split(EVALUATION_BATCH):
            between()
            answers.append(model(feed.plain(batch)).float().cpu())
    return torch.cat(answers)


@contextmanager
def answering(*models: nn.Module) -> Iterator[None]:
    """Evaluation mode and no gradients; each model is put back into the mode it was in."""
    modes = [model.training for model in models]
    try:
        for model in models:
            model.eval()
        with torch.no_grad():
            yield
    finally:
        for model, mode in zip(models, modes, strict=True):
            model.train(mode)


def counts_where(model: nn.Module) -> bool:
    """Whether a model of texts can be asked for the logits of some positions alone: `model(ids, where=[B, L] bool)`."""
    return "where" in signature(getattr(model, "module", model).forward).parameters


def logits_where(model: nn.Module, inputs: Tensor, where: Tensor) -> Tensor:
    """Logits `[P, C]` of the positions of texts that count; a model that can leaves out the others.

    Args:
        model: tokens `[B, L]` -> logits `[B, L, C]`.
        inputs: `[B, L]`.
        where: `[B, L]` bool, at least one of them true.
    """
    if counts_where(model):
        said: Tensor = model(inputs, where=where.to(inputs.device))
        return said
    logits: Tensor = model(inputs)
    return logits[where.to(logits.device)]


def rows_at_once(labels: Tensor, classes: int, most: int = EVALUATION_BATCH) -> int:
    """How many inputs are answered before their logits are done with: at most `LOGITS_AT_ONCE` of these.

    Args:
        labels: `[N]`, or of texts `[N, L]`.
        classes: C.
        most: inputs, however small their answers are.
    """
    positions = labels.shape[1] if labels.ndim > 1 else 1
    return max(1, min(most, LOGITS_AT_ONCE // (positions * classes)))


@dataclass(frozen=True)
class Closeness:
    """How near a student's answers come to its teacher's, position by position.

    Attributes:
        kl: `KL(teacher || student)` in nats at temperature 1, the mean over positions; 0 for the same answers.
        agreement: share of positions whose likeliest class is the same.
    """

    kl: float
    agreement: float


def closeness(
    student: tuple[nn.Module, Feed],
    teacher: tuple[nn.Module, Feed],
    labels: Tensor,
    rows: Tensor,
    between: Callable[[], None] = lambda: None,
    classes: int = 1,
) -> Closeness | None:
    """Compares two models on the positions of some inputs that have a label; both are left in the mode they were in.

    Args:
        student: with its feed of the split, asked for unaugmented inputs.
        teacher: the same.
        labels: `[N]`, or `[N, L]` with negative ones where nothing is to be said.
        rows: numbers `[M]` of the inputs.
        between: called before each batch; may raise to end it.
        classes: C; many are compared in smaller pieces.

    Returns:
        None if these inputs have no such position.
    """
    divergence, same, count = 0.0, 0, 0
    with answering(student[0], teacher[0]):
        for few in rows.split(rows_at_once(labels, classes)):
            between()
            counted = labels[few] >= 0
            if not bool(counted.any()):
                continue
            ours, theirs = (_said(*side, few, counted) for side in (student, teacher))
            divergence += functional.kl_div(
                ours.log_softmax(dim=1), theirs.log_softmax(dim=1), reduction="sum", log_target=True
            ).item()
            same += int((ours.argmax(dim=1) == theirs.argmax(dim=1)).sum())
            count += len(ours)
    return Closeness(divergence / count, same / count) if count else None


def _said(model: nn.Module, feed: Feed, rows: Tensor, counted: Tensor) -> Tensor:
    """A model's logits `[P, C]` on the CPU for the positions that count."""
    inputs = feed.plain(rows)
    said = model(inputs)[counted.to(inputs.device)] if counted.ndim == 1 else logits_where(model, inputs, counted)
    return said.float().cpu()
