"""How well a model does on a split."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.task import Feed, Score

EVALUATION_BATCH = 125


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
    )


def answers_of(model: nn.Module, feed: Feed, count: int, between: Callable[[], None] = lambda: None) -> Tensor:
    """What a model says of the first `count` unaugmented inputs of a feed: logits `[count, C]` on the CPU.

    The model answers in evaluation mode and is left in the mode it was in.
    """
    was_training = model.training
    model.eval()
    answers = []
    try:
        with torch.no_grad():
            for batch in torch.arange(count).split(EVALUATION_BATCH):
                between()
                answers.append(model(feed.plain(batch)).float().cpu())
    finally:
        model.train(was_training)
    return torch.cat(answers)
