"""Relations between the tokens of a text: Wang et al. 2021, "MiniLMv2" (2012.15828)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs


def token_relations(vectors: Tensor, heads: int) -> Tensor:
    """Log of `softmax(X X^T / sqrt(d))` by relation head, each token's relation to itself and to those before it.

    Section 3.1: queries, keys or values of all attention heads are joined and split anew into `heads` relation heads,
    so that teacher and student need not have equally many attention heads, nor be equally wide. The mask is that of a
    causal model: a token must not be told of what follows it.

    Args:
        vectors: `[N, L, D]`, one layer's queries, keys or values.
        heads: A_r, which divides D.

    Returns:
        `[N, heads, L, L]`, minus infinity above the diagonal.

    Raises:
        ValueError: if `heads` does not divide D.
    """
    length, width = vectors.shape[1:]
    if width % heads:
        raise ValueError(f"{heads} relation heads do not divide a width of {width}")
    parts = vectors.unflatten(2, (heads, width // heads)).transpose(1, 2)
    likeness = parts @ parts.transpose(2, 3) / (width // heads) ** 0.5
    later = torch.ones(length, length, dtype=torch.bool, device=vectors.device).triu(1)
    return functional.log_softmax(likeness.masked_fill(later, -torch.inf), dim=3)


def token_relation_loss(student: Tensor, teacher: Tensor, where: Tensor, heads: int) -> Tensor:
    """`KL(teacher's relations || student's)`, averaged over relation heads and the tokens that count (eq. 3 and 4).

    Args:
        student: `[N, L, D]`, queries, keys or values of one of its layers.
        teacher: `[N, L, D']`, the same of the teacher, without gradient.
        where: `[N, L]` bool, the tokens whose relations are taught; to what they relate is never masked.
        heads: A_r, which divides D and D'.

    Returns:
        A scalar in nats; 0 if the relations are equal, or no token counts.

    Raises:
        ValueError: if the lengths differ or `heads` does not divide a width.
    """
    if student.shape[:2] != teacher.shape[:2]:
        raise ValueError(f"student {tuple(student.shape)} and teacher {tuple(teacher.shape)} differ in length")
    own, taught = (token_relations(each, heads).transpose(1, 2)[where] for each in (student, teacher.detach()))
    known = taught.isfinite()
    surprise = torch.where(known, taught - own.masked_fill(~known, 0.0), 0.0)
    total = (taught.exp() * surprise).sum()
    return total / max(1, own.shape[0] * heads)


class TokenRelations(Term):
    """`token_relation_loss`, summed over queries, keys and values as the paper adds them, of each pair of blocks.

    The paper takes one layer: the last, or for a large teacher one a little below it.
    """

    def __init__(self, site: Site, heads: int) -> None:
        super().__init__(site)
        need_pairs("relations", site)
        self._heads = heads
        for pair in site.pairs:
            for name, shape in ((pair.student, pair.student_shape), (pair.teacher, pair.teacher_shape)):
                if len(shape) != 2:
                    raise ConfigError(
                        f"relations: layer {name!r} gives {shape}, which is not one vector a token; choose queries, "
                        "keys or values, such as block2.attention.query"
                    )
                if heads < 1 or shape[1] % heads:
                    raise ConfigError(
                        f"relations: heads: {heads} do not divide the {shape[1]} numbers a token of {name!r}; take a "
                        "number that divides the widths of student and teacher, such as 1"
                    )

    def forward(self, lesson: Lesson) -> Tensor:
        """The sum over pairs."""
        assert lesson.where is not None, "relations are of texts, which say where their tokens count"
        losses = [
            token_relation_loss(
                lesson.student_texts[pair.student], lesson.teacher_texts[pair.teacher], lesson.where, self._heads
            )
            for pair in self.site.pairs
        ]
        return torch.stack(losses).sum()
