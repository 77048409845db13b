"""Which images a phase draws from, and which labels the student may see. Pure functions of data and seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.config import Ease, Phase
from distill_core.errors import ConfigError
from distill_core.train.refusals import check_budget


def visible_labels(labels: Tensor, classes: int, budget: int | None, seed: int, noun: str = "images") -> Tensor:
    """The images whose labels the student may see: balanced over the classes, fixed by the seed.

    Args:
        labels: `[N]` of the transfer set.
        classes: C.
        budget: how many labels; None for all N.
        seed: decides which.
        noun: what the inputs are called, should the budget be refused.

    Returns:
        `[N]` bool.

    Raises:
        ConfigError: if the budget is smaller than the number of classes or larger than N.
    """
    check_budget(budget, classes, len(labels), noun)
    if budget is None or budget == len(labels):
        return torch.ones(len(labels), dtype=torch.bool)
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


def easiest_images(predicted: Tensor, hardness: Tensor, share: float) -> Tensor:
    """The easiest images, ranked WITHIN each class the teacher predicts.

    Ranked over all classes at once, a warm-up would starve the classes that are easily confused.

    Args:
        predicted: class numbers `[N]`, the teacher's.
        hardness: `[N]`, the easiest lowest.
        share: how much of each class is kept, in (0, 1]; at least one image of each.

    Returns:
        Sorted indices `[M]`.
    """
    kept = []
    for label in predicted.unique():
        own = (predicted == label).nonzero().flatten()
        count = max(1, round(share * len(own)))
        kept.append(own[hardness[own].argsort(stable=True)[:count]])
    return torch.cat(kept).sort().values


def hardness_of(
    ease: Ease, teacher: Tensor, ask_student: Callable[[], Tensor], labels: Tensor, visible: Tensor
) -> Tensor:
    """How hard each image is, `[N]`.

    Args:
        ease: the teacher's confidence (its complement is the hardness), or the loss of the teacher or the student
            against the label where it may be seen, else against the class the teacher says.
        teacher: its logits `[N, C]` on the unaugmented images.
        ask_student: gives the student's, and is called only where they are needed.
        labels: `[N]`; only visible ones are read.
        visible: `[N]` bool.
    """
    if ease == "teacher-confidence":
        return 1 - teacher.softmax(dim=1).max(dim=1).values
    targets = torch.where(visible, labels, teacher.argmax(dim=1))
    return functional.cross_entropy(teacher if ease == "teacher-loss" else ask_student(), targets, reduction="none")


@dataclass(frozen=True)
class Answers:
    """Ways to ask for logits `[N, C]` on the unaugmented images; each is called only where a pool depends on it."""

    teacher: Callable[[], Tensor]
    student: Callable[[], Tensor]


def pool_of(
    phase: Phase,
    labels: Tensor,
    visible: Tensor,
    answers: Answers | None,
    share: float = 1.0,
    hardness: Tensor | None = None,
) -> Tensor:
    """The images a phase draws from, as sorted indices `[M]`.

    Without a teacher there are only the labelled images, whatever the pool; of chosen classes then those among them. An
    unlabelled image belongs to the class the teacher says.

    Args:
        phase: its pool, what makes an image easy, and its classes.
        labels: `[N]`; only visible ones are read.
        visible: `[N]` bool.
        answers: of teacher and student; None for a run without a teacher.
        share: of the images that a pool by ease keeps.
        hardness: `[N]`, where inputs themselves say how hard they are; `labels` are then their kinds, known of all.

    Raises:
        ConfigError: if nothing is left.
    """
    everything, labelled = torch.arange(len(labels)), visible.nonzero().flatten()
    if phase.pool in ("easiest", "curriculum") and answers and hardness is not None:
        pool = easiest_images(labels, hardness, share)
    elif phase.pool in ("easiest", "curriculum") and answers:
        teacher = answers.teacher()
        found = hardness_of(phase.ease, teacher, answers.student, labels, visible)
        pool = easiest_images(teacher.argmax(dim=1), found, share)
    elif phase.pool == "classes":
        all_known = answers is None or hardness is not None
        known = (
            labels if all_known or answers is None else torch.where(visible, labels, answers.teacher().argmax(dim=1))
        )
        candidates = everything if answers else labelled
        pool = candidates[torch.isin(known[candidates], torch.tensor(phase.classes))]
    else:
        pool = labelled if phase.pool == "labelled" or answers is None else everything
    if len(pool) == 0:
        raise ConfigError(
            f"phase {phase.name!r} has no images to draw from (pool {phase.pool!r}"
            f"{f', classes {list(phase.classes)}' if phase.classes else ''}); choose other classes or more labels"
        )
    return pool
