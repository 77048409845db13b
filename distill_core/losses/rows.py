"""Losses over many large answers, a few rows at a time.

The softmax of 1,024 answers over a vocabulary of 49,152 tokens takes five times the memory of the answers: a copy at
the temperature, its logarithm, its exponential, products and their gradients. Every row is on its own, so a few rows at
a time do, and they stay in the processor's cache besides. The rows are worked through a second time for the gradient:
of the first time nothing is kept but the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

RowLoss = Callable[..., Tensor]
"""Takes some rows of each tensor it is about and gives a scalar."""
AT_ONCE = 2**22
"""Up to this many logits, 16 MB in single precision, all rows are worked through at once."""
CHUNK = 2**18
"""Above that, as many rows at a time as have this many logits: 1 MB."""


def mean_over_rows(loss: RowLoss, logits: Tensor, *others: Tensor) -> Tensor:
    """`loss(logits, *others)` of a loss that is a mean over rows; many logits are worked through in chunks.

    Args:
        loss: of some rows of each tensor, the mean over these rows.
        logits: `[P, V]`.
        others: `[P, ...]` each.

    Returns:
        A scalar; 0, with a gradient of 0, if there are no rows.
    """
    if not len(logits):
        return logits.sum()
    if logits.numel() <= AT_ONCE:
        return loss(logits, *others)
    return _chunked(lambda *rows: loss(*rows) * (len(rows[0]) / len(logits)), logits, *others)


def sum_over_rows(loss: RowLoss, logits: Tensor, *others: Tensor) -> Tensor:
    """`loss(logits, *others)` of a loss that is a sum over rows; many logits are worked through in chunks.

    Args:
        loss: of some rows of each tensor, the sum over these rows.
        logits: `[P, V]`.
        others: `[P, ...]` each.

    Returns:
        A scalar.
    """
    return loss(logits, *others) if logits.numel() <= AT_ONCE else _chunked(loss, logits, *others)


def in_chunks(logits: Tensor) -> tuple[Tensor, ...]:
    """The rows of `[P, V]` as `mean_over_rows` takes them: all at once, or a few at a time."""
    return (logits,) if logits.numel() <= AT_ONCE else logits.split(_rows(logits))


def _rows(logits: Tensor) -> int:
    """How many rows are worked through at a time."""
    return max(1, CHUNK * len(logits) // logits.numel())


def _chunked(loss: RowLoss, *tensors: Tensor) -> Tensor:
    total: Tensor = _Chunked.apply(loss, *tensors)
    return total


class _Chunked(torch.autograd.Function):
    """The sum of a loss over chunks of rows; the gradient is written chunk by chunk to where it belongs."""

    @staticmethod
    def forward(ctx: Any, loss: RowLoss, *tensors: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(*tensors)
        return torch.stack([loss(*rows) for rows in _side_by_side(*tensors)]).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        needed, tensors = ctx.needs_input_grad[1:], ctx.saved_tensors
        slopes = [torch.empty_like(tensor) if need else None for tensor, need in zip(tensors, needed, strict=True)]
        begin = 0
        for rows in _side_by_side(*tensors):
            leaves = [part.detach().requires_grad_(need) for part, need in zip(rows, needed, strict=True)]
            with torch.enable_grad():
                loss = ctx.loss(*leaves)
            found = torch.autograd.grad(loss, [leaf for leaf in leaves if leaf.requires_grad], gradient)
            end = begin + len(rows[0])
            for slope, part in zip((slope for slope in slopes if slope is not None), found, strict=True):
                slope[begin:end] = part
            begin = end
        return None, *slopes


def _side_by_side(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same few rows of every tensor."""
    rows = _rows(tensors[0])
    return zip(*(tensor.split(rows) for tensor in tensors), strict=True)
