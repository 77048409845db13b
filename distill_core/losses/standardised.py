"""Standardised soft labels: Sun et al. 2024, "Logit Standardization in Knowledge Distillation" (2403.01427)."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.rows import mean_over_rows
from distill_core.losses.shapes import check_same_shape
from distill_core.losses.soft_labels import soft_label_loss

LEAST_DEVIATION = 1e-3
"""What keeps the scale, and so the gradient, finite where all logits of a sample are equal. It moves the loss by less
than a millionth where their standard deviation is 1 or more."""


def standardised(logits: Tensor) -> Tensor:
    """Each sample's logits with mean 0 and standard deviation 1 over the classes (the paper's Z-score, algorithm 1).

    The deviation is the population's (divided by C), as in the paper; the authors' code divides by C - 1.

    Args:
        logits: `[N, C]`.

    Returns:
        `[N, C]`; zeros where all logits of a sample are equal.
    """
    centred = logits - logits.mean(dim=1, keepdim=True)
    variance = centred.square().mean(dim=1, keepdim=True)
    return centred * (variance + LEAST_DEVIATION**2).rsqrt()


def standardised_soft_label_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float = 2.0) -> Tensor:
    """`soft_label_loss` of standardised logits: `T^2 * KL(softmax(Z(teacher) / T) || softmax(Z(student) / T))`.

    The student need not reach the teacher's scale, only the order and spacing of its answers. With two classes
    standardising leaves nothing but which of them is larger: the loss has no gradient to speak of.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: the paper's base temperature, 2 on CIFAR-100, where the term weighs 9 beside 0.1 of labels.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ or the temperature is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    return mean_over_rows(partial(_of_standardised, temperature=temperature), student_logits, teacher_logits)


def _of_standardised(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """`standardised_soft_label_loss` of rows that are worked through at once."""
    return soft_label_loss(standardised(student_logits), standardised(teacher_logits), temperature)


class StandardisedSoftLabels(Term):
    """`standardised_soft_label_loss`, at a temperature of its own: the run's is meant for logits of the usual scale."""

    def __init__(self, site: Site, temperature: float = 2.0) -> None:
        super().__init__(site)
        if not temperature > 0:
            raise ConfigError(f"kd-std: temperature must be above 0, got {temperature}. The paper takes 2.")
        self.temperature = temperature

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's standardised logits against the teacher's."""
        return standardised_soft_label_loss(lesson.logits, lesson.taught, self.temperature)
