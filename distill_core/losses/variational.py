"""VID: Ahn et al. 2019, "Variational Information Distillation for Knowledge Transfer" (1904.05835)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import connectors_of, tensors_of
from distill_core.losses.shapes import check_same_shape
from distill_core.mapping.pairs import width_of

EPS = 1e-5
FIRST_VARIANCE = 5.0


def variational_loss(mean: Tensor, target: Tensor, variance: Tensor) -> Tensor:
    """Mean of `1/2 ((target - mean)^2 / variance + ln variance)`: how badly the student predicts the teacher, in nats.

    The negative logarithm of a Gaussian without its constant (half of ln 2 pi), averaged instead of summed. Its minimum
    is not 0: it is `1/2 mean(ln variance)` where the prediction is exact. The best variance of a channel is its mean
    squared error, and then the loss is half of `1 + ln(mean squared error)`; an exact prediction drives it towards
    `1/2 ln EPS`.

    Args:
        mean: the student's prediction, of the target's shape.
        target: the teacher's `[N, C, H, W]`, `[N, L, D]` or `[N, D]`, without gradient.
        variance: of each channel, `[C]` or `[D]`, above 0.

    Returns:
        A scalar, which may be below 0.

    Raises:
        ValueError: if the shapes differ.
    """
    check_same_shape(mean, target)
    elsewhere = (0, 2, 3) if target.dim() == 4 else tuple(range(target.dim() - 1))
    error = (target - mean).square().mean(dim=elsewhere)
    return 0.5 * (error / variance + variance.log()).mean()


class ChannelVariance(nn.Module):
    """A learnt variance a channel: `softplus(raw) + EPS`, at first `FIRST_VARIANCE` as in the public code.

    `raw` is a parameter, so that the optimiser and the checkpoint see it; kept in a plain list it would never train.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.full((channels,), math.log(math.expm1(FIRST_VARIANCE - EPS))))

    def forward(self) -> Tensor:
        """`[channels]`."""
        return functional.softplus(self.raw) + EPS


class Variational(Term):
    """`variational_loss` summed over pairs; the connector predicts the mean, and each channel learns its variance.

    The paper predicts with a small network of convolutions, ours with the pair's connector, which is lighter.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.connectors = connectors_of("vid", site)
        self.variances = nn.ModuleList(ChannelVariance(width_of(pair.teacher_shape)) for pair in site.pairs)

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs."""
        parts = zip(self.connectors, self.variances, tensors_of(lesson, self.site), strict=True)
        return torch.stack(
            [
                variational_loss(connector(student), target, variance())
                for connector, variance, (student, target) in parts
            ]
        ).sum()
