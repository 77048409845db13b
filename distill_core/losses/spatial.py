"""Location by location: our own loss, a cosine distance between features at every place of the image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import as_map, map_shape, to_common_size
from distill_core.mapping.connectors import connect

SMALLEST = 1e-6
"""Features up to this length have no direction."""


def location_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over samples and places of `1 - cosine(student, teacher)`, the cosine over channels.

    Args:
        student: `[N, C, H, W]`, after its connector.
        teacher: `[N, C, H', W']`, without gradient; the larger map is averaged down to the smaller.

    Returns:
        A scalar in 0..2; 0 if the features point the same way everywhere. A place where either side is all zeros (no
        channel active) counts 1 and teaches nothing.

    Raises:
        ValueError: if the channels differ in number.
    """
    if student.shape[:2] != teacher.shape[:2]:
        raise ValueError(
            f"student {tuple(student.shape)} and teacher {tuple(teacher.shape)} differ in samples or channels"
        )
    student, teacher = to_common_size(student, teacher)
    own, theirs = _length(student), _length(teacher)
    cosine = (student * teacher).sum(dim=1) / (own * theirs)
    # Of features shorter than SMALLEST the direction is noise, and its gradient would be of size 1 / SMALLEST.
    return (1 - cosine.where((own > SMALLEST) & (theirs > SMALLEST), 0)).mean()


class SpatialAlignment(Term):
    """`location_loss` of each pair at the smaller of the two sizes, averaged over pairs.

    The connector changes the student's channels only (1x1); it comes after the averaging, where it costs least.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("spatial", site)
        self.connectors = nn.ModuleList()
        for pair in site.pairs:
            (width, *size), (target, *other) = map_shape(pair.student_shape), map_shape(pair.teacher_shape)
            height, breadth = (min(sides) for sides in zip(size, other, strict=True))
            self.connectors.append(connect((width, height, breadth), (target, height, breadth), pair.widening_steps))

    def forward(self, lesson: Lesson) -> Tensor:
        """The mean over pairs."""
        losses = []
        for connector, (student, teacher) in zip(self.connectors, tensors_of(lesson, self.site), strict=True):
            small, target = to_common_size(as_map(student), as_map(teacher))
            losses.append(location_loss(connector(small), target))
        return torch.stack(losses).mean()


def _length(features: Tensor) -> Tensor:
    """`[N, C, H, W]` -> `[N, H, W]`; `functional.cosine_similarity` takes three times as long."""
    return features.square().sum(dim=1).clamp_min(SMALLEST**2).sqrt()
