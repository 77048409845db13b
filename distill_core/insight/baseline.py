"""How a baseline is trained, and where that differs from its student: what a fair comparison has to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.config import DistillConfig
from distill_core.insight.names import nouns_of, teacher_name
from distill_core.insight.words import duration
from distill_core.losses.registry import LENDER
from distill_core.task import task_named


def compared(config: DistillConfig) -> str:
    """What student and baseline share and what they do not, in short sentences."""
    _, several = nouns_of(config)
    if config.label_budget is None and config.labels_file is None:
        batches = f"All labels are seen, so both draw from the same {several}{_except(config, several)}."
    else:
        batches = f"It draws every batch from the labelled {several}; "
        batches += "only when all labels are seen are they the student's too."
    sentences = [
        f"The baseline is {rival(config)}; start, steps, batch size and learning rates are the student's.",
        batches,
        *([_beginning(config.begins_from)] if config.begins_from else []),
        *([_augmentation(config)] if config.augmentation.changes else []),
    ]
    return " ".join(sentences)


def keeps_teachers_classifier(config: DistillConfig) -> bool:
    """Whether the student ends with the teacher's classifier behind it, which its baseline has not: two models."""
    return config.teacher is not None and any(term.loss == LENDER and term.weight != 0 for term in config.terms)


def rival(config: DistillConfig) -> str:
    """The model that the baseline is, in words."""
    return "the same student" + (" with a classifier of its own" if keeps_teachers_classifier(config) else "")


def effort(summary: Mapping[str, Any], config: DistillConfig) -> list[str]:
    """Of texts, how many tokens each student learned from in the same number of steps, and what writing them took."""
    if task_named(config.task).noun == "images":
        return []
    ours, theirs = ((summary.get(who) or {}).get("learned_from") for who in ("student", "baseline"))
    told = []
    if ours:
        beside = f", the baseline from {theirs:,}, in the same number of steps" if theirs else ""
        told.append(f"The student learned from {ours:,} tokens to foretell, repeats counted{beside}.")
    seconds = summary.get("writing_seconds") or 0.0
    if seconds >= 1:
        told.append(
            f"Before that the teacher took {duration(seconds)} to write the answers that the labels leave open."
        )
    return told


def _beginning(model: str) -> str:
    return f"Both begin with the same layers of {teacher_name(model)}, so the baseline too has something of a teacher."


def _except(config: DistillConfig, several: str) -> str:
    """In which phases the student draws from fewer: nobody tells the baseline what is easy, so it draws from all."""
    picky = [phase.name for phase in config.phases if phase.share > 0 and phase.pool in ("easiest", "curriculum")]
    if not picky or config.teacher is None:
        return ""
    names = " and ".join([", ".join(picky[:-1]), picky[-1]] if len(picky) > 1 else picky)
    return f", except in {names}: there the student draws from the easiest, the baseline from all {several}"


def _augmentation(config: DistillConfig) -> str:
    draws = config.augmentation.draws
    if not draws:
        return "Its augmentation is fresh on every pass, as is the student's."
    versions = f"{draws} kept version{'s' if draws != 1 else ''} of each image"
    return f"Its augmentation is fresh on every pass; the student repeats {versions}."
