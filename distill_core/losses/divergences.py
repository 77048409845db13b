"""The divergences that language-model distillation adds to soft labels: reverse KL, Jensen-Shannon and skewed KL.

p is the teacher's softened answer, q the student's. Soft labels are KL(p || q): whatever the teacher holds possible the
student must too. KL(q || p) asks the opposite, that the student say nothing the teacher holds impossible. The other two
compare an answer with a mixture of both. They read logits alone: of classes for an image, or of tokens for each place
of a text that is to be learnt.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.rows import mean_over_rows
from distill_core.losses.shapes import check_same_shape, check_temperature

LEAST_SHARE = 1e-20
"""A smaller share of a mixture counts as none: single precision could not divide by it."""
GREATEST_LOG_RATIO = 60.0
"""Keeps `exp` finite in single precision. An answer that much less likely than the other's weighs e^-60, nothing."""


def reverse_kl_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """`T^2 * KL(softmax(student / T) || softmax(teacher / T))`, summed over classes, averaged over the batch.

    Gu et al. 2023, "MiniLLM" (2306.08543), section 2.1, there of whole texts that the student writes; Agarwal et al.
    2023, "GKD" (2306.13649), of each token. A small student that cannot follow the teacher everywhere keeps to what the
    teacher finds likeliest instead of spreading out. The trap is that little then calls it back from leaving the rest
    out. T^2 keeps gradients alike over temperatures, as in soft labels.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: T > 0.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ or the temperature is not positive.
    """

    def of_rows(student: Tensor, teacher: Tensor) -> Tensor:
        log_student, log_teacher = _log_softened(student, teacher, temperature)
        return functional.kl_div(log_teacher, log_student, reduction="batchmean", log_target=True) * temperature**2

    _check(student_logits, teacher_logits, temperature)
    return mean_over_rows(of_rows, student_logits, teacher_logits)


def jensen_shannon_loss(
    student_logits: Tensor, teacher_logits: Tensor, temperature: float, beta: float = 0.5
) -> Tensor:
    """`T^2 / (b (1 - b)) * (b KL(p || m) + (1 - b) KL(q || m))` with `m = b p + (1 - b) q`, averaged over the batch.

    The generalised Jensen-Shannon divergence of Agarwal et al. 2023, "GKD" (2306.13649), eq. 1, divided by b (1 - b).
    Undivided it fades to nothing towards b 0 and 1, so that moving b would change little but the learning rate.
    Divided, it becomes soft labels, KL(p || q), as b goes to 0 and reverse KL, KL(q || p), as b goes to 1; and near its
    minimum it is equally steep for every b. At b 1/2 it is 4 times the published one.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: T > 0.
        beta: b in 0..1, the teacher's share of the mixture; the paper takes 0.1, 0.5 and 0.9. 0 and 1 are the limits.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ, the temperature is not positive or beta is not in 0..1.
    """
    if not 0 <= beta <= 1:
        raise ValueError(f"beta must be in 0..1, got {beta}")

    def of_rows(student: Tensor, teacher: Tensor) -> Tensor:
        log_student, log_teacher = _log_softened(student, teacher, temperature)
        sides = (log_teacher, log_student, 1 - beta), (log_student, log_teacher, beta)
        parts = [_kl_to_mixture(own, other, share) / share for own, other, share in sides if share > LEAST_SHARE]
        return torch.stack(parts).sum() * temperature**2

    _check(student_logits, teacher_logits, temperature)
    return mean_over_rows(of_rows, student_logits, teacher_logits)


def skewed_kl_loss(
    student_logits: Tensor, teacher_logits: Tensor, temperature: float, skew: float = 0.1, reverse: bool = False
) -> Tensor:
    """`T^2 * KL(p || a p + (1 - a) q)`; reversed, `T^2 * KL(q || a q + (1 - a) p)`; averaged over the batch.

    Skew KL and skew reverse KL of Ko et al. 2024, "DistiLLM" (2402.03898), section 3.1. Some of the answer itself is
    mixed into what it is compared with, so that no ratio exceeds 1 / a and the loss never exceeds T^2 log(1 / a): an
    answer that the other side all but rules out cannot blow up the gradient. Near its minimum the loss is (1 - a)^2
    times as steep as KL.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient.
        temperature: T > 0.
        skew: a in 0..1, 1 excluded, where nothing would be left to learn. The paper takes 0.1; 0 is plain KL.
        reverse: whether the student's answer is compared with the mixture instead of the teacher's.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ, the temperature is not positive or the skew is below 0 or not below 1.
    """
    if not 0 <= skew < 1:
        raise ValueError(f"skew must be at least 0 and below 1, got {skew}")

    def of_rows(student: Tensor, teacher: Tensor) -> Tensor:
        log_student, log_teacher = _log_softened(student, teacher, temperature)
        own, other = (log_student, log_teacher) if reverse else (log_teacher, log_student)
        return _kl_to_mixture(own, other, 1 - skew) * temperature**2

    _check(student_logits, teacher_logits, temperature)
    return mean_over_rows(of_rows, student_logits, teacher_logits)


def _check(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> None:
    check_same_shape(student_logits, teacher_logits)
    check_temperature(temperature)


def _log_softened(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities `[N, C]` of student and teacher at this temperature."""
    student, teacher = (functional.log_softmax(each / temperature, dim=1) for each in (student_logits, teacher_logits))
    return student, teacher


def _kl_to_mixture(own: Tensor, other: Tensor, share: float) -> Tensor:
    """KL from an answer to its mixture with the other, averaged over the batch.

    Args:
        own: log-probabilities `[N, C]` of the answer.
        other: log-probabilities `[N, C]` of what is mixed in.
        share: above 0 and at most 1, how much of it.
    """
    ratio = other - own
    # log(mixture / own) = log(1 - share + share * exp(ratio)). A small share makes it a small number that the caller
    # divides by the share, so it must be right in proportion; a large share makes large ones, which must not overflow.
    if share > 0.5:
        log_rest = ratio.new_full((), 1 - share).log()
        log_mixture = torch.logaddexp(log_rest, ratio + math.log(share))
    else:
        log_mixture = torch.log1p(share * torch.expm1(ratio.clamp(max=GREATEST_LOG_RATIO)))
    return -(own.exp() * log_mixture).sum(dim=1).mean()


class ReverseKL(Term):
    """`reverse_kl_loss` at the step's temperature."""

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's logits against the teacher's."""
        return reverse_kl_loss(lesson.logits, lesson.taught, lesson.temperature)


class JensenShannon(Term):
    """`jensen_shannon_loss` at the step's temperature."""

    def __init__(self, site: Site, beta: float = 0.5) -> None:
        super().__init__(site)
        if not 0 <= beta <= 1:
            raise ConfigError(
                f"jsd: beta must be from 0 to 1, got {beta}. Near 0 it is like soft labels, near 1 like reverse KL."
            )
        self.beta = beta

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's logits and the teacher's against their mixture."""
        return jensen_shannon_loss(lesson.logits, lesson.taught, lesson.temperature, self.beta)


class SkewedKL(Term):
    """`skewed_kl_loss` at the step's temperature."""

    def __init__(self, site: Site, skew: float = 0.1, reverse: bool = False) -> None:
        super().__init__(site)
        if not 0 <= skew < 1:
            raise ConfigError(f"skl: skew must be at least 0 and below 1, got {skew}. The paper takes 0.1.")
        self.skew, self.reverse = skew, reverse

    def forward(self, lesson: Lesson) -> Tensor:
        """The teacher's logits, or reversed the student's, against the mixture of both."""
        return skewed_kl_loss(lesson.logits, lesson.taught, lesson.temperature, self.skew, self.reverse)
