"""Knowledge review: Chen et al. 2021, "Distilling Knowledge via Knowledge Review" (2104.09044)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import as_map, check_same_shape, map_shape

WIDEST = 512
POOLS = (4, 2, 1)


def context_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """The hierarchical context loss (section 3): mean squared error of the map and of its averages at 4, 2 and 1.

    The map weighs 1, the averages 1/2, 1/4, 1/8 in the order they are used, all divided by their sum. Averages not
    smaller than the map are left out and use up no weight. The paper names the pyramid; its weights are those of the
    authors' code.

    Args:
        student: `[N, C, H, W]`.
        teacher: the same shape, without gradient.

    Returns:
        A scalar; 0 if both are equal.

    Raises:
        ValueError: if the shapes differ.
    """
    check_same_shape(student, teacher)
    loss, weight, total = functional.mse_loss(student, teacher), 1.0, 1.0
    for size in POOLS:
        if size >= min(student.shape[2:]):
            continue
        weight /= 2
        total += weight
        smaller, target = (functional.adaptive_avg_pool2d(features, size) for features in (student, teacher))
        loss = loss + weight * functional.mse_loss(smaller, target)
    return loss / total


class Fusion(nn.Module):
    """Attention based fusion (section 3): a student map and what came from deeper layers, weighed at every place.

    Args:
        width: of the student's map.
        middle: of the fused map, the same at every level.
        target: of the teacher's map.
        size: `(H, W)` of the teacher's map.
        deepest: nothing comes from deeper layers.
    """

    def __init__(self, width: int, middle: int, target: int, size: tuple[int, int], deepest: bool) -> None:
        super().__init__()
        self.size = size
        self.enter = nn.Sequential(nn.Conv2d(width, middle, 1, bias=False), nn.BatchNorm2d(middle))
        self.leave = nn.Sequential(nn.Conv2d(middle, target, 3, padding=1, bias=False), nn.BatchNorm2d(target))
        self.weigh = None if deepest else nn.Sequential(nn.Conv2d(2 * middle, 2, 1), nn.Sigmoid())

    def forward(self, features: Tensor, deeper: Tensor | None) -> tuple[Tensor, Tensor]:
        """`[N, width, H', W']` and `[N, middle, h, w]` -> `[N, target, H, W]` and `[N, middle, H, W]` for the next."""
        fused: Tensor = self.enter(features)
        if self.weigh is not None and deeper is not None:
            grown = _resized(deeper, (fused.shape[2], fused.shape[3]))
            own, theirs = self.weigh(torch.cat([fused, grown], dim=1)).split(1, dim=1)
            fused = own * fused + theirs * grown
        fused = _resized(fused, self.size)
        return self.leave(fused), fused


class KnowledgeReview(Term):
    """`context_loss` summed over pairs, the student's maps fused from deep to shallow (section 3).

    A deep student layer helps to match each shallower teacher layer. All levels share the width
    `min(512, width of the deepest student layer)`. The published weights (0.6 to 8 by pair of models) belong to the
    sum. The fused maps end in a batch norm, so a layer of one place needs more than one sample a batch.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("review", site)
        student = [map_shape(pair.student_shape) for pair in site.pairs]
        teacher = [map_shape(pair.teacher_shape) for pair in site.pairs]
        middle = min(WIDEST, student[-1][0])
        self.fusions = nn.ModuleList(
            Fusion(own[0], middle, target[0], target[1:], deepest=level == len(site.pairs))
            for level, (own, target) in enumerate(zip(student, teacher, strict=True), start=1)
        )

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs."""
        losses, deeper = [], None
        for fusion, (student, teacher) in reversed(list(zip(self.fusions, tensors_of(lesson, self.site), strict=True))):
            matched, deeper = fusion(as_map(student), deeper)
            losses.append(context_loss(matched, as_map(teacher)))
        return torch.stack(losses).sum()


def _resized(features: Tensor, size: tuple[int, int]) -> Tensor:
    return features if features.shape[2:] == torch.Size(size) else functional.interpolate(features, size=size)
