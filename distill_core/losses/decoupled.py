"""Decoupled soft labels (DKD): Zhao et al. 2022, "Decoupled Knowledge Distillation" (2203.08679)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.rows import mean_over_rows
from distill_core.losses.shapes import check_same_shape, check_temperature


class Decoupled(NamedTuple):
    """The two parts of soft labels, each T^2 times a KL divergence in nats, averaged over the batch.

    Attributes:
        target: TCKD, the target class against all others together.
        others: NCKD, the others among themselves, as if the target did not exist.
    """

    target: Tensor
    others: Tensor


def _parts(logits: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of (target, any other) `[N, 2]` and of the others among themselves `[N, C - 1]`."""
    column = torch.arange(logits.shape[1] - 1, device=logits.device)
    target = classes[:, None]
    others = logits.gather(1, column + (column >= target))
    binary = torch.cat([logits.gather(1, target), others.logsumexp(dim=1, keepdim=True)], dim=1)
    return functional.log_softmax(binary, dim=1), functional.log_softmax(others, dim=1)


def decouple(student_logits: Tensor, teacher_logits: Tensor, classes: Tensor, temperature: float) -> Decoupled:
    """TCKD and NCKD, the two parts of soft labels: `KD = TCKD + (1 - p_target) * NCKD` for each sample (eq. 6).

    The columns of the others are gathered, not masked by a large negative number, so nothing overflows and extreme
    logits stay finite. With two classes there is one other: NCKD is exactly 0 and has no gradient.

    Args:
        student_logits: `[N, C]`, C >= 2.
        teacher_logits: `[N, C]`, without gradient.
        classes: `[N]`, the target class of every sample.
        temperature: T > 0.

    Raises:
        ValueError: if the shapes differ, there is one class alone, or the temperature is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    if student_logits.shape[1] < 2:
        raise ValueError("decoupling the target from the other classes takes at least 2 classes, got 1")
    check_temperature(temperature)
    parts = zip(
        _parts(student_logits / temperature, classes), _parts(teacher_logits / temperature, classes), strict=True
    )
    target, others = (
        functional.kl_div(student, teacher, reduction="batchmean", log_target=True) * temperature**2
        for student, teacher in parts
    )
    return Decoupled(target, others)


def decoupled_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    classes: Tensor,
    temperature: float,
    alpha: float = 1.0,
    beta: float = 8.0,
) -> Tensor:
    """`alpha * TCKD + beta * NCKD` (eq. 7).

    The paper takes T 4, alpha 1 and beta 2..8 by pair (8 for most on CIFAR-100), labels weighing 1, and lets the term
    grow linearly over the first 20 epochs, which beta 8 needs. Soft labels would weigh NCKD by `1 - p_target`, little
    where the teacher is sure.

    Args:
        student_logits: `[N, C]`, C >= 2.
        teacher_logits: `[N, C]`, without gradient.
        classes: `[N]`, the target class of every sample.
        temperature: T > 0.
        alpha: weight of TCKD.
        beta: weight of NCKD.

    Returns:
        A scalar.
    """

    def of_rows(student: Tensor, teacher: Tensor, targets: Tensor) -> Tensor:
        parts = decouple(student, teacher, targets, temperature)
        return alpha * parts.target + beta * parts.others

    check_same_shape(student_logits, teacher_logits)
    return mean_over_rows(of_rows, student_logits, teacher_logits, classes)


class DecoupledSoftLabels(Term):
    """`decoupled_loss`; a sample without a label, or a mixed one, has the teacher's answer for a target."""

    def __init__(self, site: Site, alpha: float = 1.0, beta: float = 8.0) -> None:
        super().__init__(site)
        self.alpha, self.beta = alpha, beta

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's logits against the teacher's, at the step's temperature."""
        return decoupled_loss(
            lesson.logits, lesson.taught, lesson.classes_to_teach(), lesson.temperature, self.alpha, self.beta
        )
