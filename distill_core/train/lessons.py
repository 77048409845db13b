"""What a step shows to its losses: a batch, the student's answer to it, and what the teacher says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from distill_core.losses.lesson import Lesson
from distill_core.losses.truncated import Kept
from distill_core.task import Mix, no_matter
from distill_core.train.likeliest import as_taught
from distill_core.train.positions import Positions
from distill_core.train.setup import Workshop
from distill_core.train.terms import Asks


@dataclass(frozen=True)
class _Batch:
    """What both models are shown in a step, and what the teacher says to it.

    Attributes:
        inputs: the student's `[B, ...]`.
        labels: `[B]`, or of texts `[B, L]`.
        seen: `[B]` bool, whose labels the student may see.
        taught: the teacher's logits `[B, C]` or `[B, L, C]`, or what is kept of them; None if nobody reads them.
        teacher_layers: its layers by name.
        mix: how the batch was mixed with itself, if it was.
    """

    inputs: Tensor
    labels: Tensor
    seen: Tensor
    taught: Tensor | Kept | None
    teacher_layers: dict[str, Tensor]
    mix: Mix | None = None


def lesson_of(shop: Workshop, step: int, indices: Tensor, draws: Tensor, asks: Asks, temperature: float) -> Lesson:
    """The lesson of an ordinary step: inputs as the transfer set has them.

    Args:
        shop: of the run; answers asked for as "logits" are prepared.
        step: 0-based.
        indices: of the transfer set, `[B]`.
        draws: `[B]`, the version of each.
        asks: what the teacher is asked for.
        temperature: of the step.
    """
    augmentation, device = shop.config.augmentation, shop.fabric.device
    mix = shop.task.mix(augmentation, shop.data.facts, step, len(indices))
    mixed = mix.applied if mix else _as_it_is
    inputs = mixed(shop.feed.augmented(indices, draws))
    taught: Tensor | Kept | None = None
    teacher_layers: dict[str, Tensor] = {}
    if asks == "layers" and shop.live and shop.teacher:
        same = shop.teacher.sees_the_same
        taught, teacher_layers = shop.live.answer(
            inputs if same else mixed(shop.teacher.feed.augmented(indices, draws))
        )
    elif asks == "logits" and shop.answers:
        taught = shop.answers.taught(indices, draws)
    labels, seen = shop.data.train.labels[indices].to(device), shop.visible[indices].to(device)
    return _heard(shop, indices, _Batch(inputs, labels, seen, taught, teacher_layers, mix), temperature)


def on_policy_lesson(
    shop: Workshop, step: int, indices: Tensor, temperature: float, between: Callable[[], None] = no_matter
) -> Lesson:
    """The lesson of a step in which the student writes the texts; the teacher is asked live, for nothing comes twice.

    No label is seen: those at hand are the student's own words, which nobody calls right.

    Args:
        shop: of the run; its `on_policy` and `live` are there.
        step: 0-based.
        indices: of the transfer set, `[B]`.
        temperature: of the step's losses; the student draws at 1.
        between: called while it writes; may raise to end it.
    """
    assert shop.on_policy is not None
    assert shop.live is not None
    device = shop.fabric.device
    inputs, labels = (part.to(device) for part in shop.on_policy.written(shop.model, indices, step, between))
    taught, teacher_layers = shop.live.answer(inputs)
    seen = torch.zeros(len(indices), dtype=torch.bool, device=device)
    return _heard(shop, indices, _Batch(inputs, labels, seen, taught, teacher_layers), temperature)


def _heard(shop: Workshop, indices: Tensor, batch: _Batch, temperature: float) -> Lesson:
    """The student's answer to a batch beside the teacher's, at the positions that count."""
    logits = shop.model(batch.inputs)
    student_layers = _in_full(shop.taps.take()) if shop.taps.names else {}
    teacher_layers = _in_full(batch.teacher_layers)
    positions = Positions.of_labels(batch.labels)
    mix, labels, seen = batch.mix, batch.labels, batch.seen
    partners = mix.partners.to(labels.device) if mix else None
    teacher_logits, kept = as_taught(batch.taught, positions, shop.config.objective, labels.device)
    return Lesson(
        logits=positions.of(logits),
        labels=positions.of(labels),
        labelled=positions.each(seen),
        teacher_logits=teacher_logits,
        kept=kept,
        temperature=temperature,
        indices=indices.to(labels.device),
        student_layers=_where_they_count(student_layers, positions),
        teacher_layers=_where_they_count(teacher_layers, positions),
        where=positions.where,
        student_texts=student_layers if positions.where is not None else {},
        teacher_texts=teacher_layers if positions.where is not None else {},
        partner_labels=labels[partners] if partners is not None else None,
        partner_labelled=seen[partners] if partners is not None else None,
        own_share=mix.share if mix else 1.0,
    )


def _in_full(layers: dict[str, Tensor]) -> dict[str, Tensor]:
    """Layers in 32 bits, as Fabric hands out the model's answer: losses compute in full precision."""
    return {name: layer.float() for name, layer in layers.items()}


def _where_they_count(layers: dict[str, Tensor], positions: Positions) -> dict[str, Tensor]:
    return {name: positions.of(layer) for name, layer in layers.items()}


def _as_it_is(inputs: Tensor) -> Tensor:
    return inputs
