"""Neuron selectivity (NST): Huang & Wang 2017, "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer".

1707.01219.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import as_map, map_shape, to_common_size


def selectivity_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """The squared maximum mean discrepancy between two sets of channels, averaged over the batch.

    A channel is the vector of its activations over places, brought to length 1, and two channels are as alike as the
    square of their dot product: the polynomial kernel with d = 2 and c = 0, the best of the paper's three. The numbers
    of channels may differ, the places may not. The weight of 50 belongs to means over channels, as here, not to sums.

    `sum over i, j of (s_i . t_j)^2` equals the product of the two places-by-places matrices `sum of s s^T` and
    `sum of t t^T`; whichever of the two ways needs less memory is taken.

    Args:
        student: `[N, C, H, W]`.
        teacher: `[N, C', H, W]`, without gradient.

    Returns:
        A scalar, at least 0 but for rounding.

    Raises:
        ValueError: if the places differ.
    """
    if student.shape[2:] != teacher.shape[2:]:
        raise ValueError(
            f"student map {tuple(student.shape[2:])} and teacher map {tuple(teacher.shape[2:])} differ in places"
        )
    ours = functional.normalize(student.flatten(2), dim=2, eps=1e-6)
    theirs = functional.normalize(teacher.flatten(2), dim=2, eps=1e-6)
    if ours.shape[2] ** 2 <= ours.shape[1] * theirs.shape[1]:
        moments = ours.mT @ ours / ours.shape[1] - theirs.mT @ theirs / theirs.shape[1]
        return moments.square().sum(dim=(1, 2)).mean()

    def likeness(one: Tensor, other: Tensor) -> Tensor:
        return (one @ other.mT).square().mean()

    return likeness(ours, ours) + likeness(theirs, theirs) - 2 * likeness(ours, theirs)


class NeuronSelectivity(Term):
    """`selectivity_loss` summed over the pairs; the larger of two maps is averaged down, tokens become maps."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("nst", site)
        for pair in site.pairs:
            for name, shape in ((pair.student, pair.student_shape), (pair.teacher, pair.teacher_shape)):
                _, height, width = map_shape(shape)
                if height * width == 1:
                    raise ConfigError(
                        f"nst: it compares places, and layer {name!r} has only one; pair a layer before the pooling."
                    )

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs, each as maps of one size."""
        pairs = [to_common_size(as_map(student), as_map(teacher)) for student, teacher in tensors_of(lesson, self.site)]
        return torch.stack([selectivity_loss(*pair) for pair in pairs]).sum()
