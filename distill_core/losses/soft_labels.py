"""Soft labels: Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network" (1503.02531)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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
    if student_logits.shape != teacher_logits.shape:
        raise ValueError(
            f"student {tuple(student_logits.shape)} and teacher {tuple(teacher_logits.shape)} differ in shape"
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
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
    total = functional.cross_entropy(student_logits, visible, ignore_index=-100, reduction="sum")
    return total / seen.clamp(min=1)
