"""Which images a phase draws from, and which labels the student may see. Pure functions of data and seed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from distill_core.config import Phase
from distill_core.errors import ConfigError


def visible_labels(labels: Tensor, classes: int, budget: int | None, seed: int) -> Tensor:
    """The images whose labels the student may see: balanced over the classes, fixed by the seed.

    Args:
        labels: `[N]` of the transfer set.
        classes: C.
        budget: how many labels; None for all N.
        seed: decides which.

    Returns:
        `[N]` bool.

    Raises:
        ConfigError: if the budget is smaller than the number of classes or larger than N.
    """
    if budget is None or budget == len(labels):
        return torch.ones(len(labels), dtype=torch.bool)
    if budget > len(labels):
        raise ConfigError(f"label_budget: got {budget}, but the transfer set has {len(labels)} images; null sees all")
    if budget < classes:
        raise ConfigError(f"label_budget: got {budget}, but there are {classes} classes; give each at least one label")
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(labels), generator=generator)
    # The k-th image of each class comes before any class's (k+1)-th, so any prefix is balanced.
    rank = torch.empty_like(shuffled)
    for label in range(classes):
        own = shuffled[labels[shuffled] == label]
        rank[own] = torch.arange(len(own))
    order = shuffled[torch.argsort(rank[shuffled], stable=True)]
    visible = torch.zeros(len(labels), dtype=torch.bool)
    visible[order[:budget]] = True
    return visible


def easiest_images(teacher_logits: Tensor, share: float) -> Tensor:
    """The images the teacher is surest of, ranked WITHIN each class it predicts.

    Ranked over all classes at once, a warm-up would starve the classes that are easily confused.

    Args:
        teacher_logits: `[N, C]` on unaugmented images.
        share: how much of each class is kept, in (0, 1]; at least one image of each.

    Returns:
        Sorted indices `[M]`.
    """
    confidence, predicted = teacher_logits.softmax(dim=1).max(dim=1)
    kept = []
    for label in predicted.unique():
        own = (predicted == label).nonzero().flatten()
        count = max(1, round(share * len(own)))
        kept.append(own[confidence[own].argsort(descending=True, stable=True)[:count]])
    return torch.cat(kept).sort().values


def pool_of(phase: Phase, labels: Tensor, visible: Tensor, ask_teacher: Callable[[], Tensor] | None) -> Tensor:
    """The images a phase draws from, as sorted indices `[M]`.

    Without a teacher there are only the labelled images, whatever the pool; of chosen classes then those among them.

    Args:
        phase: its pool, share and classes.
        labels: `[N]`; only visible ones are read.
        visible: `[N]` bool.
        ask_teacher: gives the teacher's logits `[N, C]` on the unaugmented images, and is called only where the pool
            depends on them: to rank by ease, and because an unlabelled image belongs to the class the teacher says.
            None for a run without a teacher.

    Raises:
        ConfigError: if nothing is left.
    """
    everything, labelled = torch.arange(len(labels)), visible.nonzero().flatten()
    if phase.pool == "easiest" and ask_teacher:
        pool = easiest_images(ask_teacher(), phase.easiest)
    elif phase.pool == "classes":
        known = torch.where(visible, labels, ask_teacher().argmax(dim=1)) if ask_teacher else labels
        candidates = everything if ask_teacher else labelled
        pool = candidates[torch.isin(known[candidates], torch.tensor(phase.classes))]
    else:
        pool = labelled if phase.pool == "labelled" or ask_teacher is None else everything
    if len(pool) == 0:
        raise ConfigError(
            f"phase {phase.name!r} has no images to draw from (pool {phase.pool!r}"
            f"{f', classes {list(phase.classes)}' if phase.classes else ''}); choose other classes or more labels"
        )
    return pool
