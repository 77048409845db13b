"""Attention maps between transformers: Wang et al. 2020, "MiniLM" (2002.10957)."""

from __future__ import annotations

import torch
from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of

SMALLEST = 1e-8
"""Probabilities below this count as this, which bounds the loss by 18.4 nats and keeps its gradient finite."""


def transformer_attention_loss(student: Tensor, teacher: Tensor, where: Tensor | None = None) -> Tensor:
    """`KL(teacher || student)` of what each query attends to, averaged over samples, heads and queries (section 3.1).

    Of texts the queries that count alone are averaged over: what padding attends to is nobody's business. A causal
    model gives 0 to what follows a query, in teacher and student alike, and 0 adds nothing.

    Where the numbers of heads differ, both sides are averaged over their heads first, which the paper does not do (it
    asks for equal numbers).

    Args:
        student: attention probabilities `[N, heads, L, L]`, the last dimension summing to 1.
        teacher: `[N, heads', L, L]`, without gradient.
        where: `[N, L]` bool, the queries that count; None for all.

    Returns:
        A scalar in nats; 0 if both are equal, or no query counts.

    Raises:
        ValueError: if the lengths differ.
    """
    if student.shape[2:] != teacher.shape[2:]:
        raise ValueError(f"student {tuple(student.shape)} and teacher {tuple(teacher.shape)} differ in length")
    if student.shape[1] != teacher.shape[1]:
        student, teacher = student.mean(dim=1, keepdim=True), teacher.mean(dim=1, keepdim=True)
    surprise = teacher.clamp_min(SMALLEST).log() - student.clamp_min(SMALLEST).log()
    by_query = (teacher * surprise).sum(dim=3).mean(dim=1)
    return by_query.mean() if where is None else by_query[where].sum() / where.sum().clamp(min=1)


class TransformerAttention(Term):
    """`transformer_attention_loss` averaged over pairs; the paper takes the last layer only.

    Its layers are those whose output is the attention probabilities themselves, after the softmax and before dropout.
    Of a text the tokens count whose next one is to be predicted.
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
        sides = list(tensors_of(lesson, self.site))
        if lesson.where is not None:
            own, taught = lesson.student_texts, lesson.teacher_texts
            sides = [(own[pair.student], taught[pair.teacher].detach()) for pair in self.site.pairs]
        losses = [transformer_attention_loss(student, teacher, lesson.where) for student, teacher in sides]
        return torch.stack(losses).mean()
