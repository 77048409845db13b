"""A student that begins with layers of a model, compared with that model: before it learns anything, and in the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from torch import Tensor

from distill_core.scoring import Closeness, closeness
from distill_core.task import Score
from distill_core.train.setup import Workshop

KL, TOKEN_AGREEMENT = "kl", "token_agreement"
"""How near a student is to the model it began with, among what is measured of it: so of its baseline too."""


def likened(shop: Workshop, which: Tensor, between: Callable[[], None]) -> Closeness | None:
    """How near the student comes, token by token, to its teacher, or without one to the model it began with.

    Args:
        shop: of the run.
        which: `[N]` bool, of the test's inputs.
        between: called before each batch; may raise to end it.

    Returns:
        None where there is no such model, inputs are no texts, or nothing is to be said of these.
    """
    test = shop.data.test
    other = (shop.teacher.model, shop.teacher.test) if shop.teacher else (shop.origin, shop.test)
    model, feed = other
    if model is None or test.labels.ndim == 1:
        return None
    rows, outputs = which.nonzero().flatten(), shop.data.facts.outputs
    return closeness((shop.model, shop.test), (model, feed), test.labels, rows, between, outputs)


def to_origin(shop: Workshop, near: Closeness | None) -> dict[str, float]:
    """`likened` as figures of the student, where that model is the one it began with: its baseline has the same."""
    return {} if near is None or shop.origin is None else {KL: near.kl, TOKEN_AGREEMENT: near.agreement}


def with_metrics(score: Score, more: dict[str, float]) -> Score:
    """A score with further figures."""
    return dataclasses.replace(score, metrics={**score.metrics, **more})
