"""Attention maps between transformers: Wang et al. 2020, "MiniLM" (2002.10957)."""

from __future__ import annotations

import torch
from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of

SMALLEST = 1e-8
"""Probabilities below this count as this, which bounds the loss by 18.4 nats and keeps its gradient finite."""


def transformer_attention_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """`KL(teacher || student)` of what each query attends to, averaged over samples, heads and queries (section 3.1).

    Where the numbers of heads differ, both sides are averaged over their heads first, which the paper does not do (it
    asks for equal numbers).

    Args:
        student: attention probabilities `[N, heads, L, L]`, the last dimension summing to 1.
        teacher: `[N, heads', L, L]`, without gradient.

    Returns:
        A scalar in nats; 0 if both are equal.

    Raises:
        ValueError: if the lengths differ.
    """
    if student.shape[2:] != teacher.shape[2:]:
        raise ValueError(f"student {tuple(student.shape)} and teacher {tuple(teacher.shape)} differ in length")
    if student.shape[1] != teacher.shape[1]:
        student, teacher = student.mean(dim=1, keepdim=True), teacher.mean(dim=1, keepdim=True)
    surprise = teacher.clamp_min(SMALLEST).log() - student.clamp_min(SMALLEST).log()
    return (teacher * surprise).sum(dim=3).mean()


class TransformerAttention(Term):
    """`transformer_attention_loss` averaged over pairs; the paper takes the last layer only.

    Its layers are those whose output is the attention probabilities themselves, after the softmax and before dropout.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("vit-attention", site)
        for pair in site.pairs:
            for name, shape in ((pair.student, pair.student_shape), (pair.teacher, pair.teacher_shape)):
                if len(shape) != 3 or shape[1] != shape[2]:
                    raise ConfigError(
                        f"vit-attention: layer {name!r} gives {shape}, which is not attention of shape (heads, tokens, "
                        "tokens); choose the layers of a transformer that hold its attention probabilities."
                    )
            if pair.student_shape[1] != pair.teacher_shape[1]:
                raise ConfigError(
                    f"vit-attention: {pair.student!r} attends to {pair.student_shape[1]} tokens and {pair.teacher!r} "
                    f"to {pair.teacher_shape[1]}; give both models the same image and patch size, or use 'at' or 'ofa'."
                )

    def forward(self, lesson: Lesson) -> Tensor:
        """The mean over pairs."""
        sides = tensors_of(lesson, self.site)
        return torch.stack([transformer_attention_loss(student, teacher) for student, teacher in sides]).mean()
