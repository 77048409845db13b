"""Similarity-preserving (SP): Tung & Mori 2019, "Similarity-Preserving Knowledge Distillation" (1907.09682)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of


def likeness(features: Tensor) -> Tensor:
    """How alike each image of a batch is to every other: `F F^T` with rows of length 1.

    Args:
        features: `[N, ...]`, flattened to one vector a sample.

    Returns:
        `[N, N]`; a row of zeros for a sample whose features are all 0.
    """
    flat = features.flatten(1)
    return functional.normalize(flat @ flat.T, dim=1)


def similarity_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """`1 / N^2` times the squared Frobenius norm of the difference of the likenesses.

    Only relations within the batch are compared, so shapes may differ in all but N. Do not divide by N twice: the
    paper's weight of 3000 belongs to this mean over N^2 entries, each of about 1/N in size. The authors apply it to the
    last map, not pooled.

    Args:
        student: `[N, ...]`.
        teacher: `[N, ...]`, without gradient.

    Returns:
        A scalar.
    """
    return (likeness(student) - likeness(teacher)).square().mean()


class SimilarityPreserving(Term):
    """`similarity_loss` summed over the pairs, as the paper sums over layers."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("sp", site)

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs, each as it is."""
        return torch.stack([similarity_loss(*pair) for pair in tensors_of(lesson, self.site)]).sum()
