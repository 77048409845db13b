"""A batch that goes through the models in pieces, with the gradient of the whole batch.

A loss is a mean over the positions of the whole batch, or over those whose labels are seen, and its pieces do not have
equally many: texts differ in length. The mean of the pieces' means is another loss. So a piece's mean counts for as
much as the piece has of what it is a mean over; then the parts add up to the whole, and so do their gradients.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from distill_core.config import Training
from distill_core.losses.registry import MeanOver, loss_named
from distill_core.train.lessons import Batch
from distill_core.train.terms import gradients_of, weighted_sum


@dataclass(frozen=True)
class Piece:
    """A part of a batch; `shares`, 0..1, say how much of the whole it has of what losses are means over."""

    batch: Batch
    shares: Mapping[MeanOver, float]


_WHOLE: Mapping[MeanOver, float] = {"positions": 1.0, "labels": 1.0, "batch": 1.0}


def pieces_of(batch: Batch, training: Training) -> Iterator[Piece]:
    """The batch in as few pieces as `micro_batch` allows, their sizes as equal as can be.

    A piece in which nothing is to be predicted is left out.

    Args:
        batch: of B inputs, mixed already where they are mixed with each other.
        training: says how many inputs go through the models at a time.
    """
    pieces = training.pieces(len(batch))
    if pieces == 1:
        yield Piece(batch, _WHOLE)
        return
    whole = _counts(batch)
    for part in _cut(batch, pieces):
        counts = _counts(part)
        if counts["positions"]:
            yield Piece(part, {what: counts[what] / whole[what] if whole[what] else 1.0 for what in whole})


def _cut(batch: Batch, pieces: int) -> Iterator[Batch]:
    given = {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
    parts = {name: value.tensor_split(pieces) for name, value in given.items() if isinstance(value, Tensor)}
    for number in range(pieces):
        few: dict[str, Any] = {name: of_each[number] for name, of_each in parts.items()}
        yield dataclasses.replace(batch, **few)


def _counts(batch: Batch) -> dict[MeanOver, float]:
    """What losses are means over: all positions; and those whose labels are seen, of mixed images by their share."""
    where = batch.positions.where
    if where is None:
        positions, labels = len(batch), batch.own_share * float(batch.seen.sum())
        if batch.partner_seen is not None:
            labels += (1 - batch.own_share) * float(batch.partner_seen.sum())
        return {"positions": positions, "labels": labels}
    return {"positions": float(where.sum()), "labels": float(where[batch.seen].sum())}


class Sums:
    """What the pieces of a batch add up to.

    Args:
        weights: of each term, in this step.
        watched: parameters by which each term's own gradient is taken too; none if nobody wants to know.

    Attributes:
        terms: the unweighted scalar of each term, without gradient.
    """

    def __init__(self, weights: Mapping[str, float], watched: Sequence[nn.Parameter] = ()) -> None:
        self._weights, self._watched = weights, watched
        self.terms: dict[str, Tensor] = {}
        self._gradients: dict[str, list[Tensor]] = {}

    def add(self, piece: Piece, terms: Mapping[str, Tensor]) -> Tensor:
        """Takes in the terms of a piece and returns the scalar to differentiate: its part of the whole loss."""
        parts = {name: _part(value, piece.shares[loss_named(name).mean_over]) for name, value in terms.items()}
        for name, value in parts.items():
            so_far = self.terms.get(name)
            self.terms[name] = value.detach() if so_far is None else so_far + value.detach()
        if self._watched:
            for name, found in gradients_of(self._weights, parts, self._watched).items():
                before = self._gradients.get(name)
                self._gradients[name] = _added(before, found) if before and found else before or found
        return weighted_sum(self._weights, parts)

    @property
    def loss(self) -> Tensor:
        """The weighted sum of the whole batch's terms, a scalar."""
        return weighted_sum(self._weights, self.terms)

    @property
    def gradient_norms(self) -> dict[str, float]:
        """The Euclidean norm of each weighted term's own gradient; empty if none was asked for."""
        return {name: _norm(gradients) for name, gradients in self._gradients.items()}


def _part(value: Tensor, share: float) -> Tensor:
    return value if share == 1 else value * share


def _added(some: list[Tensor], others: list[Tensor]) -> list[Tensor]:
    return [one + other for one, other in zip(some, others, strict=True)]


def _norm(gradients: list[Tensor]) -> float:
    return torch.stack([each.pow(2).sum() for each in gradients]).sum().sqrt().item() if gradients else 0.0
