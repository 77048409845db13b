"""What a step shows to its losses: a batch, the student's answer to it, and what the teacher says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from distill_core.losses.lesson import Lesson
from distill_core.losses.truncated import Kept
from distill_core.scoring import logits_where
from distill_core.task import no_matter
from distill_core.train.likeliest import as_taught
from distill_core.train.positions import Positions
from distill_core.train.setup import Workshop
from distill_core.train.terms import Asks


@dataclass(frozen=True)
class Batch:
    """What both models are about to be shown. Every tensor is of B inputs, so a batch can be cut into smaller ones.

    Attributes:
        inputs: the student's `[B, ...]`.
        labels: `[B]`, or of texts `[B, L]`.
        seen: `[B]` bool, whose labels the student may see.
        indices: `[B]`, numbers in the transfer set.
        draws: `[B]`, the version of each.
        asked: the inputs `[B, ...]` as the teacher takes them, where it is asked anew; else None.
        kept: whether what is kept of the teacher's answers is looked up.
        partner_labels, partner_seen: of mixed images, the same of the samples mixed in.
        own_share: of each mixed image that is its own.
    """

    inputs: Tensor
    labels: Tensor
    seen: Tensor
    indices: Tensor
    draws: Tensor
    asked: Tensor | None = None
    kept: bool = False
    partner_labels: Tensor | None = None
    partner_seen: Tensor | None = None
    own_share: float = 1.0

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def positions(self) -> Positions:
        """Those that have something to predict."""
        return Positions.of_labels(self.labels)


def ordinary_batch(shop: Workshop, step: int, indices: Tensor, draws: Tensor, asks: Asks) -> Batch:
    """The batch of an ordinary step: inputs as the transfer set has them.

    Args:
        shop: of the run; answers asked for as "logits" are prepared.
        step: 0-based.
        indices: of the transfer set, `[B]`.
        draws: `[B]`, the version of each.
        asks: what the teacher is asked for.
    """
    augmentation, device = shop.config.augmentation, shop.fabric.device
    mix = shop.task.mix(augmentation, shop.data.facts, step, len(indices))
    mixed = mix.applied if mix else _as_it_is
    inputs = mixed(shop.feed.augmented(indices, draws))
    asked: Tensor | None = None
    if asks == "layers" and shop.live and shop.teacher:
        asked = inputs if shop.teacher.sees_the_same else mixed(shop.teacher.feed.augmented(indices, draws))
    labels, seen = shop.data.train.labels[indices].to(device), shop.visible[indices].to(device)
    partners = mix.partners.to(device) if mix else None
    return Batch(
        inputs=inputs,
        labels=labels,
        seen=seen,
        indices=indices,
        draws=draws,
        asked=asked,
        kept=asks == "logits",
        partner_labels=labels[partners] if partners is not None else None,
        partner_seen=seen[partners] if partners is not None else None,
        own_share=mix.share if mix else 1.0,
    )


def on_policy_batch(
    shop: Workshop, step: int, indices: Tensor, draws: Tensor, between: Callable[[], None] = no_matter
) -> Batch:
    """The batch of a step in which the student writes the texts; the teacher is asked live, for nothing comes twice.

    No label is seen: those at hand are the student's own words, which nobody calls right.

    Args:
        shop: of the run; its `on_policy` and `live` are there.
        step: 0-based.
        indices: of the transfer set, `[B]`.
        draws: `[B]`, without a meaning here.
        between: called while it writes; may raise to end it.
    """
    assert shop.on_policy is not None
    device = shop.fabric.device
    inputs, labels = (part.to(device) for part in shop.on_policy.written(shop.model, indices, step, between))
    seen = torch.zeros(len(indices), dtype=torch.bool, device=device)
    return Batch(inputs, labels, seen, indices, draws, asked=inputs)


def lesson_of(shop: Workshop, batch: Batch, temperature: float) -> Lesson:
    """The student's answer to a batch beside the teacher's, at the positions that count.

    Args:
        shop: of the run.
        batch: what both are shown.
        temperature: of the step's losses.
    """
    taught, told = _said_by_the_teacher(shop, batch)
    positions, labels = batch.positions, batch.labels
    logits = _logits(shop, batch.inputs, positions)
    student_layers = _in_full(shop.taps.take()) if shop.taps.names else {}
    teacher_layers = _in_full(told)
    teacher_logits, kept = as_taught(taught, positions, shop.config.objective, labels.device)
    return Lesson(
        logits=logits,
        labels=positions.of(labels),
        labelled=positions.each(batch.seen),
        teacher_logits=teacher_logits,
        kept=kept,
        temperature=temperature,
        indices=batch.indices.to(labels.device),
        student_layers=_where_they_count(student_layers, positions),
        teacher_layers=_where_they_count(teacher_layers, positions),
        where=positions.where,
        student_texts=student_layers if positions.where is not None else {},
        teacher_texts=teacher_layers if positions.where is not None else {},
        partner_labels=batch.partner_labels,
        partner_labelled=batch.partner_seen,
        own_share=batch.own_share,
    )


def _said_by_the_teacher(shop: Workshop, batch: Batch) -> tuple[Tensor | Kept | None, dict[str, Tensor]]:
    """Its logits `[B, C]` or `[B, L, C]`, or what is kept of them, and its layers; None and none if it is not asked."""
    if batch.asked is not None and shop.live:
        return shop.live.answer(batch.asked)
    if batch.kept and shop.answers:
        return shop.answers.taught(batch.indices, batch.draws), {}
    return None, {}


def _logits(shop: Workshop, inputs: Tensor, positions: Positions) -> Tensor:
    """The student's logits `[P, C]` at the positions that count."""
    if positions.where is None:
        logits: Tensor = shop.model(inputs)
        return logits
    return logits_where(shop.model, inputs, positions.where)


def _in_full(layers: dict[str, Tensor]) -> dict[str, Tensor]:
    """Layers in 32 bits, as Fabric hands out the model's answer: losses compute in full precision."""
    return {name: layer.float() for name, layer in layers.items()}


def _where_they_count(layers: dict[str, Tensor], positions: Positions) -> dict[str, Tensor]:
    return {name: positions.of(layer) for name, layer in layers.items()}


def _as_it_is(inputs: Tensor) -> Tensor:
    return inputs
