"""Hints: Romero et al. 2015, "FitNets: Hints for Thin Deep Nets" (1412.6550)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import connectors_of, tensors_of
from distill_core.losses.shapes import check_same_shape


def hint_loss(guided: Tensor, hint: Tensor) -> Tensor:
    """Mean of `(guided - hint)^2` over everything.

    Eq. 3 writes `1/2 ||hint - regressor(guided)||^2`; the mean in place of the sum (as every public code has it, with
    weight 100) makes one weight serve layers of all sizes.

    Args:
        guided: the student's layer after the regressor, of the hint's shape.
        hint: the teacher's layer `[N, ...]`, without gradient.

    Returns:
        A scalar; 0 if both are equal.

    Raises:
        ValueError: if the shapes differ (broadcasting would hide it).
    """
    check_same_shape(guided, hint)
    return functional.mse_loss(guided, hint)


class Hint(Term):
    """`hint_loss` of each pair through a connector on the student's side, averaged over pairs.

    The paper's regressor is a convolution followed by the layer's own non-linearity and trains in a stage before the
    others; ours is the pair's connector and trains throughout, unless the phases say otherwise. It must be in the
    optimiser: a regressor that never trains makes the student imitate a random projection.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.connectors = connectors_of("hint", site)

    def forward(self, lesson: Lesson) -> Tensor:
        """The mean over pairs."""
        sides = zip(self.connectors, tensors_of(lesson, self.site), strict=True)
        return torch.stack([hint_loss(connector(student), hint) for connector, (student, hint) in sides]).mean()
