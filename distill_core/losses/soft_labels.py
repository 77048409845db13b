"""Soft labels and labels: Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network" (1503.02531)."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Term
from distill_core.losses.rows import mean_over_rows, sum_over_rows
from distill_core.losses.shapes import check_same_shape, check_temperature
from distill_core.losses.truncated import truncated_kl


def soft_label_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """`T^2 * KL(softmax(teacher / T) || softmax(student / T))`, summed over classes, averaged over the batch.

    Section 2 defines the softened softmax (eq. 1) and multiplies by T^2, because the gradients of soft targets scale
    as 1/T^2 (eq. 4). The paper writes a cross-entropy; the KL divergence differs from it by the teacher's
    entropy, which has no gradient, so that a student equal to its teacher reads 0.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: T > 0.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ or the temperature is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    check_temperature(temperature)
    return mean_over_rows(partial(_softened_kl, temperature=temperature), student_logits, teacher_logits)


def _softened_kl(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """`soft_label_loss` of rows that are worked through at once."""
    log_student = functional.log_softmax(student_logits / temperature, dim=1)
    log_teacher = functional.log_softmax(teacher_logits / temperature, dim=1)
    return functional.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True) * temperature**2


def label_loss(student_logits: Tensor, labels: Tensor, labelled: Tensor) -> Tensor:
    """Cross-entropy, averaged over the labelled samples of the batch; 0 if there are none.

    Args:
        student_logits: `[N, C]`.
        labels: `[N]` class numbers; those of unlabelled samples are never read.
        labelled: `[N]` bool, which labels the student may see.

    Returns:
        A scalar in nats.
    """
    seen = labelled.sum()
    visible = torch.where(labelled, labels, torch.full_like(labels, -100))
    summed = partial(functional.cross_entropy, ignore_index=-100, reduction="sum")
    return sum_over_rows(summed, student_logits, visible) / seen.clamp(min=1)


def mixed_label_loss(
    student_logits: Tensor,
    labels: Tensor,
    labelled: Tensor,
    partner_labels: Tensor,
    partner_labelled: Tensor,
    own_share: float,
) -> Tensor:
    """Cross-entropy of mixed samples, averaged over the label weights that may be seen; 0 if there are none.

    Of each sample its own label weighs `own_share` and its partner's the rest, which equals a cross-entropy with mixed
    targets (Zhang et al. 2018, "mixup", 1710.09412, section 2). A hidden label takes its weight out of numerator and
    denominator alike.

    Args:
        student_logits: `[N, C]`, of the mixed samples.
        labels: `[N]`, class numbers, as in `label_loss`.
        labelled: `[N]` bool, which of them the student may see.
        partner_labels: `[N]`, the same of the samples mixed in.
        partner_labelled: `[N]` bool, the same of the samples mixed in.
        own_share: 0..1, the share of each sample that is its own.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the share is not in 0..1.
    """
    if not 0 <= own_share <= 1:
        raise ValueError(f"own_share must be in 0..1, got {own_share}")
    own_weight = own_share * labelled.sum()
    partner_weight = (1 - own_share) * partner_labelled.sum()
    own = label_loss(student_logits, labels, labelled)
    partner = label_loss(student_logits, partner_labels, partner_labelled)
    seen = own_weight + partner_weight
    return (own_weight * own + partner_weight * partner) / torch.where(seen > 0, seen, 1)


class Labels(Term):
    """Cross-entropy with the labels the student may see; mixed samples have two each."""

    def forward(self, lesson: Lesson) -> Tensor:
        """`label_loss`, or `mixed_label_loss` with mixup and cutmix."""
        if lesson.partner_labels is None:
            return label_loss(lesson.logits, lesson.labels, lesson.labelled)
        assert lesson.partner_labelled is not None, "partner_labels come with partner_labelled"
        return mixed_label_loss(
            lesson.logits,
            lesson.labels,
            lesson.labelled,
            lesson.partner_labels,
            lesson.partner_labelled,
            lesson.own_share,
        )


class SoftLabels(Term):
    """`soft_label_loss` at the step's temperature, on every sample, labelled or not; `truncated_kl` of what is kept."""

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's logits against the teacher's."""
        if lesson.kept is not None:
            return truncated_kl(lesson.logits, lesson.kept, lesson.temperature)
        return soft_label_loss(lesson.logits, lesson.taught, lesson.temperature)
