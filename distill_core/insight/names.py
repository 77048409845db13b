"""What runs and teachers are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distill_core import presets
from distill_core.cards import forked_from, parted, spoken
from distill_core.config import WISHES, DistillConfig
from distill_core.insight.levels import reads_temperature
from distill_core.insight.settings import differences, said
from distill_core.task import task_named

LONGEST = 80
"""As many characters as a configuration's name may have."""

LONGEST_TEACHER = 24
OWN_FILES = ("folder", "jsonl")
"""Data sets that are the user's own files; `data_folder` tells which."""
OWN_DATA = "data_here"
"""In the provenance of a teacher that stays on this machine: where those files are."""

_TOLD = {"student", "teacher", "temperature", "label_budget", "baseline", "data_folder", *WISHES}


def teacher_name(reference: str | None) -> str:
    """A teacher as people say it: an embedded one's name, or the run that a folder belongs to."""
    if reference is None:
        return "labels only"
    if parted(reference)[0]:
        return spoken(reference)
    if fork := forked_from(reference):
        return fork
    path = Path(reference)
    return path.parent.name if path.name in ("best", "last") else path.name


def student_name(architecture: str) -> str:
    """A student as people say it: a fork's with the run it goes on from, of another file of weights no folder."""
    return spoken(architecture)


def data_name(config: DistillConfig) -> str:
    """A run's data set as people say it: of the user's own files, what they are called."""
    own = config.data_folder is not None and config.dataset in OWN_FILES
    return Path(str(config.data_folder)).name if own else config.dataset


def further_losses(config: DistillConfig) -> str:
    """What a run learns by beside soft labels, or in place of them: ``with at + hint``; "" where there is no more."""
    soft = not any(term.loss == "kd" and term.weight == 0 for term in config.terms)
    names = " + ".join(term.loss for term in config.terms if term.weight != 0 and term.loss not in ("kd", "ce"))
    if not names:
        return "" if soft else "without soft labels"
    return f"with {names}" if soft else f"with {names} in place of soft labels"


def shortened(name: str, most: int) -> str:
    """A name of at most `most` characters: the middle gives way, for its ends tell names apart."""
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"


def run_name(config: DistillConfig) -> str:
    """A preset's own name if the run is exactly that, else what it is.

    Such as ``resnet8-w16 from vgg8-fashion, T 4, 400 labels``. Whatever else differs from the quickstart
    follows, as far as there is room.
    """
    for preset in map(presets.load, presets.names()):
        if config.model_copy(update={"name": preset.name}) == preset:
            return preset.name
    taught = config.teacher is not None
    budget = config.label_budget
    labels = (
        "own labels"
        if config.labels_file
        else "all labels"
        if budget is None
        else f"{budget:,} label{'s' if budget != 1 else ''}"
    )
    fork = forked_from(config.student)
    student = parted(config.student)[1] if fork else student_name(config.student)
    parts = [shortened(student, LONGEST_TEACHER)]
    if taught:
        parts[0] += f" from {shortened(teacher_name(config.teacher), LONGEST_TEACHER)}"
        parts += [f"T {config.objective.temperature:g}", labels] if reads_temperature(config) else [labels]
    else:
        parts[0] += f" on {labels}"
    parts += [f"begun as {fork}"] if fork else []
    for name, (_, value) in differences([presets.load("quickstart"), config]).items():
        if name not in _TOLD and (taught or name not in ("alpha", "phases", "draws")):
            parts.append(_part(name, value, config))
    return _fitting(parts)


def _part(name: str, value: Any, config: DistillConfig) -> str:
    """A setting in a word or two."""
    if name == "dataset":
        return data_name(config)
    if name == "epochs":
        return f"{value} epoch{'s' if value != 1 else ''}"
    if name == "phases":
        return "phases " + "/".join(f"{phase['share']:.0%}" for phase in value)
    if name == "terms":
        return further_losses(config).removeprefix("with ") or "other weights"
    value = f"{value:g}" if isinstance(value, float) else said(name, value)
    return f"{name.replace('_', ' ')} {value}"


def _fitting(parts: list[str]) -> str:
    """As many whole parts as fit."""
    name = parts[0]
    for part in parts[1:]:
        if len(name) + len(part) + 2 <= LONGEST:
            name = f"{name}, {part}"
    return name


def nouns_of(config: DistillConfig) -> tuple[str, str]:
    """What one input of a run is called, and several: ``image``, ``images``."""
    several = task_named(config.task).noun
    return several.removesuffix("s"), several
