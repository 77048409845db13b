"""Correlations (DIST): Huang et al. 2022, "Knowledge Distillation from A Stronger Teacher" (2205.10536)."""

from __future__ import annotations

import torch
from torch import Tensor

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.shapes import check_same_shape, check_temperature

LEAST_SPREAD = 1e-4
"""Length of a centred row or column of probabilities below which it counts as constant. The authors' code adds 1e-8 to
the product of two such lengths, which silences the same ones."""


def correlation_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """1 - Pearson's correlation, row by row, averaged over all rows.

    Where the teacher's row is constant there is nothing to copy, and it counts as 0; a student's constant row is
    uncorrelated and counts as 1.

    Args:
        student: `[R, K]`.
        teacher: `[R, K]`, without gradient.

    Returns:
        A scalar in 0..2.
    """
    student = student - student.mean(dim=1, keepdim=True)
    teacher = teacher - teacher.mean(dim=1, keepdim=True)
    student_length = torch.linalg.vector_norm(student, dim=1)
    teacher_length = torch.linalg.vector_norm(teacher, dim=1)
    lengths = student_length.clamp(min=LEAST_SPREAD) * teacher_length.clamp(min=LEAST_SPREAD)
    correlation = (student * teacher).sum(dim=1) / lengths
    return torch.where(teacher_length >= LEAST_SPREAD, 1 - correlation, 0).mean()


def correlation_loss(
    student_logits: Tensor, teacher_logits: Tensor, temperature: float, between: float = 1.0, within: float = 1.0
) -> Tensor:
    """`T^2 * (between * row distance + within * column distance)` of softened probabilities (eq. 8-10).

    Rows rank the classes for an image (the paper's inter-class relation); columns rank the images of the batch for a
    class (intra-class). A batch of one image has no columns to speak of, and two classes make rows that correlate
    by 1 or -1 and teach nothing; either then leaves the other to do the work. Adding to or scaling a row of
    probabilities changes nothing, so a stronger teacher need not be matched exactly.

    The factor T^2 is the authors' code's. The paper weighs both relations by 2 beside labels by 1, and takes T 4 on
    CIFAR-100 and 1 on ImageNet.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: T > 0.
        between: weight of the rows, beta in the paper.
        within: weight of the columns, gamma in the paper.

    Returns:
        A scalar.

    Raises:
        ValueError: if the shapes differ or the temperature is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    check_temperature(temperature)
    student, teacher = (student_logits / temperature).softmax(dim=1), (teacher_logits / temperature).softmax(dim=1)
    rows, columns = correlation_distance(student, teacher), correlation_distance(student.T, teacher.T)
    return temperature**2 * (between * rows + within * columns)


class Correlations(Term):
    """`correlation_loss` at the step's temperature."""

    def __init__(self, site: Site, between: float = 1.0, within: float = 1.0) -> None:
        super().__init__(site)
        self.between, self.within = between, within

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's probabilities against the teacher's."""
        return correlation_loss(lesson.logits, lesson.taught, lesson.temperature, self.between, self.within)
