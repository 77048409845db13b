"""Distances and angles (RKD): Park et al. 2019, "Relational Knowledge Distillation" (1904.05068)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import pooled

LEAST_SQUARED_DISTANCE = 1e-12
"""Two samples nearer than the root of this count as one: no direction leads from the one to the other."""


def _differences(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From every sample to every other: the difference `[N, N, D]`, its length `[N, N]`, and whether there is one."""
    difference = features[None] - features[:, None]
    squared = difference.square().sum(dim=2)
    apart = squared > LEAST_SQUARED_DISTANCE
    # The root's gradient at 0 is infinite; a 1 goes in where its result is not used.
    return difference, torch.where(apart, squared, 1).sqrt(), apart


def relative_distances(features: Tensor) -> Tensor:
    """Distances between the samples of a batch over their mean (eq. 4-5), the mean of those above 0.

    Args:
        features: `[N, D]`.

    Returns:
        `[N, N]`; all zeros if no two samples differ.
    """
    _, length, apart = _differences(features)
    distance = torch.where(apart, length, 0)
    mean = distance.sum() / apart.sum().clamp(min=1)
    return distance / torch.where(mean > 0, mean, 1)


def angles(features: Tensor) -> Tensor:
    """Cosines of the angles that any two samples make, seen from a third (eq. 8).

    Args:
        features: `[N, D]`.

    Returns:
        `[N, N, N]`, the first index is the corner; 0 where two of the three coincide and there is no angle (or 1, where
        the two seen from the corner are the same).
    """
    difference, length, apart = _differences(features)
    direction = difference * (apart / length)[:, :, None]
    return direction @ direction.mT


def relational_loss(student: Tensor, teacher: Tensor, distance: float = 25.0, angle: float = 50.0) -> Tensor:
    """The distance term (eq. 6) and the angle term (eq. 9), each a mean of Huber losses (eq. 7), weighted and added.

    The Huber loss is quadratic up to a difference of 1. Means are over all N^2 and N^3 entries, those that are
    0 by definition included: the weights 25 and 50 (1 : 2, as in the paper) were published with it. The angles take
    N^3 + N^2 D numbers of memory a side (8 MB + 33 MB at N = 128 and D = 512) and N^3 D multiplications. A term of
    weight 0 is not computed.

    A batch of one has neither distances nor angles, one of two has a distance that is always the mean: the loss is 0.

    Args:
        student: `[N, D]`.
        teacher: `[N, D']`, without gradient.
        distance: weight of the distance term.
        angle: weight of the angle term.

    Returns:
        A scalar.
    """
    loss = student.sum() * 0
    if distance:
        loss = loss + distance * functional.smooth_l1_loss(relative_distances(student), relative_distances(teacher))
    if angle:
        loss = loss + angle * functional.smooth_l1_loss(angles(student), angles(teacher))
    return loss


class Relational(Term):
    """`relational_loss` summed over the pairs, on pooled features."""

    def __init__(self, site: Site, distance: float = 25.0, angle: float = 50.0) -> None:
        super().__init__(site)
        need_pairs("rkd", site)
        self.distance, self.angle = distance, angle

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs, each as one vector a sample on either side."""
        losses = [
            relational_loss(pooled(student), pooled(teacher), self.distance, self.angle)
            for student, teacher in tensors_of(lesson, self.site)
        ]
        return torch.stack(losses).sum()
