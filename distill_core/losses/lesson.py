"""What a step of training shows to its losses, and what a loss looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from distill_core.losses.truncated import Kept
from distill_core.mapping.pairs import Pair


@dataclass(frozen=True)
class Lesson:
    """One batch, as a loss may see it. Everything of the teacher's is without gradient.

    Attributes:
        logits: the student's `[N, C]`.
        labels: class numbers `[N]`; those of unlabelled samples must not be read.
        labelled: `[N]` bool, which labels the student may see.
        teacher_logits: `[N, C]`, or None in a run without a teacher and where not all of an answer is kept.
        temperature: T of this step.
        indices: `[N]`, each sample's number in the transfer set.
        student_layers, teacher_layers: outputs of named layers by name: maps `[N, C, H, W]`, tokens `[N, L, D]`,
            vectors `[N, D]`.
        where: of texts, `[B, L]` bool: the tokens that count. They are the N samples; None for images.
        student_texts, teacher_texts: of texts, outputs of layers by name for whole texts, `[B, L, D]` or attention
            `[B, heads, L, L]`, padding included.
        partner_labels, own_share: with mixup or cutmix, the labels `[N]` of the samples mixed in (those of unlabelled
            partners are marked by `partner_labelled`) and the share of each sample that is its own; else None and 1.
        kept: what is kept of N answers at the temperature of this step, where it is not all.
    """

    logits: Tensor
    labels: Tensor
    labelled: Tensor
    teacher_logits: Tensor | None = None
    temperature: float = 4.0
    indices: Tensor | None = None
    student_layers: Mapping[str, Tensor] = field(default_factory=dict)
    teacher_layers: Mapping[str, Tensor] = field(default_factory=dict)
    where: Tensor | None = None
    student_texts: Mapping[str, Tensor] = field(default_factory=dict)
    teacher_texts: Mapping[str, Tensor] = field(default_factory=dict)
    partner_labels: Tensor | None = None
    partner_labelled: Tensor | None = None
    own_share: float = 1.0
    kept: Kept | None = None

    @property
    def taught(self) -> Tensor:
        """The teacher's logits `[N, C]`, for a loss that cannot do without."""
        assert self.teacher_logits is not None, "a loss that needs a teacher is only used in a run with one"
        return self.teacher_logits

    @property
    def first_choice(self) -> Tensor:
        """The class `[N]` that the teacher finds likeliest."""
        return self.taught.argmax(dim=1) if self.kept is None else self.kept.indices[:, 0]

    def classes_to_teach(self) -> Tensor:
        """Class numbers `[N]` for losses that need one of every sample.

        The label where it may be seen, else what the teacher says; of mixed samples always what the teacher says.
        """
        said = self.first_choice
        return said if self.partner_labels is not None else torch.where(self.labelled, self.labels, said)


@dataclass(frozen=True)
class Site:
    """Where a loss is put to work: what it needs to know to make its learnt parts.

    Attributes:
        pairs: the layer map, shallow to deep; empty for a loss that reads logits alone.
        classes: C.
        images: of the transfer set.
        seed: of the run; a loss with random parts draws from a generator of its own.
    """

    pairs: tuple[Pair, ...] = ()
    classes: int = 10
    images: int = 0
    seed: int = 0


class Term(nn.Module):
    """One named part of a loss, with whatever it learns.

    A term is made by `Term(site, **options)`. What it learns (connectors, variances) is in its parameters, so the
    optimiser and the checkpoint see it; what it remembers (memory banks) is in its buffers.

    Attributes:
        extra_student_layers: names of student layers it reads beside those of its pairs.
        reads_teacher_layers: whether it reads the teacher's layers of its pairs; answers alone can be kept.
    """

    extra_student_layers: tuple[str, ...] = ()
    reads_teacher_layers: bool = True

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def forward(self, lesson: Lesson) -> Tensor:
        """The term's scalar, unweighted."""
        raise NotImplementedError
