"""Soft labels from the k likeliest classes of the teacher's answer and the sum of all others, the tail.

An answer over a vocabulary of 50,000 tokens is too large to keep for every token of a text; its 64 likeliest tokens are
not. Keeping them alone and renormalising teaches a biased answer, as Anshumann et al. 2025, "Sparse Logit Sampling"
(2503.16870), show: what the tail held is promised to the others, and the best student is surer than its teacher. With
the tail kept as one more class the best student is the teacher.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.losses.rows import in_chunks, mean_over_rows
from distill_core.losses.shapes import check_temperature

LEAST_LOG = -1e4
"""What the log of a probability of 0 counts as, so that 0 times it is 0."""


class Kept(NamedTuple):
    """What is kept of a teacher's answers, at one temperature: another cannot be had from it.

    Attributes:
        indices: `[N, k]` int64, class numbers of the k likeliest, the likeliest first.
        log_probabilities: `[N, k]`, theirs, in nats.
        log_tail: `[N]`, log of the probability of all other classes together; -inf if there are none.
    """

    indices: Tensor
    log_probabilities: Tensor
    log_tail: Tensor


def keep(logits: Tensor, k: int, temperature: float) -> Kept:
    """The k likeliest classes of each answer and the mass of the tail.

    Args:
        logits: `[N, C]`, the teacher's.
        k: 1..C, how many classes to keep of each answer.
        temperature: T > 0, at which the answers will be taught.

    Raises:
        ValueError: if k is not in 1..C or the temperature is not positive.
    """
    if not 1 <= k <= logits.shape[1]:
        raise ValueError(f"k must be in 1..{logits.shape[1]}, the number of classes; got {k}")
    check_temperature(temperature)
    chunks = [_keep(rows, k, temperature) for rows in in_chunks(logits)]
    return chunks[0] if len(chunks) == 1 else Kept(*(torch.cat(parts) for parts in zip(*chunks, strict=True)))


def _keep(logits: Tensor, k: int, temperature: float) -> Kept:
    """`keep` of rows that are worked through at once."""
    log_probabilities = functional.log_softmax(logits / temperature, dim=1)
    indices = log_probabilities.topk(k, dim=1).indices
    return Kept(indices, *_split(log_probabilities, indices))


def truncated_kl(student_logits: Tensor, kept: Kept, temperature: float) -> Tensor:
    """`T^2 * (sum over kept classes p (log p - log q) + p_tail (log p_tail - log q_tail))`, averaged over the batch.

    This is the KL divergence with all classes of the tail taken for one. By the chain rule it lacks
    `p_tail * KL(p within the tail || q within the tail)` of the full one, hence never exceeds it (the data-processing
    inequality), and equals `soft_label_loss` if all classes are kept. Its gradient is that of the full one on the kept
    classes, and no further off on the others than `tail_error`.

    Args:
        student_logits: `[N, C]`.
        kept: the teacher's answers, without gradient.
        temperature: T > 0, the same as they were kept at.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the numbers of samples differ, more classes are kept than the student has, or the temperature is
            not positive.
    """
    check_temperature(temperature)
    samples, k = kept.indices.shape
    if samples != student_logits.shape[0] or k > student_logits.shape[1]:
        raise ValueError(
            f"student {tuple(student_logits.shape)} does not go with {k} kept classes of {samples} samples"
        )
    return mean_over_rows(partial(_truncated_kl, temperature=temperature), student_logits, *kept)


def _truncated_kl(
    student_logits: Tensor, indices: Tensor, log_probabilities: Tensor, log_tail: Tensor, temperature: float
) -> Tensor:
    """`truncated_kl` of rows that are worked through at once."""
    log_student = functional.log_softmax(student_logits / temperature, dim=1)
    log_likeliest, log_rest = _split(log_student, indices)
    loss = _kl(log_likeliest, log_probabilities)
    if indices.shape[1] < student_logits.shape[1]:
        loss = loss + _kl(log_rest, log_tail)
    return loss / len(indices) * temperature**2


def tail_error(kept: Kept, temperature: float) -> Tensor:
    """How far, at most, a sample's gradient is from that of the full loss: `2 T p_tail`, whatever the student.

    The gradient is of T^2 KL with respect to the student's logits, the distance the sum of absolute differences over
    the classes. In full it is `T (q - p)`; truncated, p_tail is shared out over the tail as the student shares its own.
    Two ways of sharing out p_tail differ by 2 p_tail at most.

    Args:
        kept: the teacher's answers.
        temperature: T > 0, the same as they were kept at.

    Returns:
        `[N]`.

    Raises:
        ValueError: if the temperature is not positive.
    """
    check_temperature(temperature)
    return 2 * temperature * kept.log_tail.exp()


def _kl(log_student: Tensor, log_teacher: Tensor) -> Tensor:
    """Sum of p (log p - log q)."""
    return functional.kl_div(log_student, log_teacher.clamp(min=LEAST_LOG), reduction="sum", log_target=True)


def _split(log_probabilities: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities `[N, k]` of these classes and `[N]` of all others together.

    The others are summed, not taken from 1, which would leave nothing but rounding of a tail near 0.
    """
    others = log_probabilities.scatter(1, indices, -torch.inf)
    return log_probabilities.gather(1, indices), others.logsumexp(dim=1)
