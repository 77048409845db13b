"""OFA: Hao et al. 2023, "One-for-All: Bridge the Gap Between Heterogeneous Architectures" (2310.19444)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs
from distill_core.losses.shapes import check_same_shape, pooled
from distill_core.mapping.pairs import width_of


def one_for_all_loss(student_logits: Tensor, teacher_logits: Tensor, classes: Tensor, eps: float) -> Tensor:
    """`-sum over classes of ((p_t + 1_y)^eps - 1_y) ln p_s`, averaged over the batch, at temperature 1 (section 3).

    eps = 1 is cross-entropy with the teacher; above 1 it leans towards the target class, the more
    the surer the teacher is of it. Its minimum is not 0: with `w` the weights in the bracket, it is reached at
    `p_s = w / sum(w)` and equals `-sum w ln(w / sum w)`; for eps = 1 that is the teacher's entropy.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        classes: `[N]`, y.
        eps: above 0; the paper takes 1 to 1.5 by pair of models.

    Returns:
        A scalar in nats, not below 0.

    Raises:
        ValueError: if the shapes differ or eps is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    if not eps > 0:
        raise ValueError(f"eps must be above 0, got {eps}")
    teacher = teacher_logits.softmax(dim=1)
    target = functional.one_hot(classes, teacher.shape[1]).to(teacher.dtype)
    weights = (teacher + target) ** eps - target
    return -(weights * student_logits.log_softmax(dim=1)).sum(dim=1).mean()


class Exit(nn.Module):
    """A small classifier on a middle layer: mean over places, layer norm, linear.

    The paper's exits are heavier (convolutions or a transformer block before the pooling). They are dropped with the
    loss when the student is deployed, and a light one asks more of the student's own layer.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Any layer's `[N, ...]` -> logits `[N, classes]`."""
        logits: Tensor = self.classifier(self.norm(pooled(features)))
        return logits


class OneForAll(Term):
    """`one_for_all_loss` summed over the student's logits and an exit at each paired student layer.

    The teacher's layers are not used: what is compared are answers, which every architecture has. The class of an
    unlabelled or mixed sample is the teacher's answer.
    """

    reads_teacher_layers = False

    def __init__(self, site: Site, eps: float = 1.5) -> None:
        super().__init__(site)
        need_pairs("ofa", site)
        if not eps > 0:
            raise ConfigError(f"ofa: eps must be above 0, got {eps}; the paper takes 1 to 1.5.")
        self.eps = eps
        self.exits = nn.ModuleList(Exit(width_of(pair.student_shape), site.classes) for pair in site.pairs)

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over exits."""
        exits = zip(self.exits, self.site.pairs, strict=True)
        answers = [lesson.logits, *(leave(lesson.student_layers[pair.student]) for leave, pair in exits)]
        taught, classes = lesson.taught.detach(), lesson.classes_to_teach()
        return torch.stack([one_for_all_loss(answer, taught, classes, self.eps) for answer in answers]).sum()
