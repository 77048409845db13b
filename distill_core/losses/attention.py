"""Attention transfer: Zagoruyko & Komodakis 2017, "Paying More Attention to Attention" (1612.03928)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import as_map, to_common_size


def attention_map(features: Tensor) -> Tensor:
    """Where a layer is active: the mean over channels of its squares (section 3.1, F_sum^2 up to a factor).

    Args:
        features: `[N, C, H, W]`.

    Returns:
        `[N, 1, H, W]`, not below 0.
    """
    return features.square().mean(dim=1, keepdim=True)


def attention_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over samples and places of `(Q_s - Q_t)^2`, Q the flattened attention map divided by its L2 norm.

    Eq. 2 writes the norm of `Q_s - Q_t`, and its weight beta = 1000 belongs to the squared difference averaged over
    samples and places, as the authors' code has it; summed instead, beta would have to be about 0.1. Channels need not
    agree in number. Where sizes differ, the larger attention map is averaged down to the smaller. Public code pools the
    features before they are squared, which costs C times as much and lets signed features cancel.

    Args:
        student: `[N, C, H, W]`.
        teacher: `[N, C', H', W']`, without gradient.

    Returns:
        A scalar; 0 if the maps are equal up to a factor.
    """
    q_student, q_teacher = (
        functional.normalize(attention.flatten(1))
        for attention in to_common_size(attention_map(student), attention_map(teacher))
    )
    return functional.mse_loss(q_student, q_teacher)


class SpatialAttention(Term):
    """`attention_loss` summed over pairs; tokens are laid out as the map of their patches. It learns nothing itself."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("at", site)

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs."""
        sides = tensors_of(lesson, self.site)
        return torch.stack([attention_loss(as_map(student), as_map(teacher)) for student, teacher in sides]).sum()
