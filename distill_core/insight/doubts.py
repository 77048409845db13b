"""What a user should know before a run starts; none of it keeps the run from starting.

The form says it while settings are chosen, a run says it again as warnings when it begins: the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.insight.levels import counted
from distill_core.insight.names import student_name
from distill_core.losses.registry import loss_named
from distill_core.task import task_named

FEW_LABELS = 1_000

_PARTS = {"fashion-mnist": ("fashion-mnist-rest", "fashion-mnist-mini")}
"""Data sets that hold others whole."""

_OF_TWO_CLASSES = {
    "kd-std": "whatever the two scores are, standardised they are +1 and -1, so the loss has hardly any gradient",
    "dist": "the ranking within an answer is right or wrong and has no gradient; only the one between inputs teaches",
    "dkd": "there are no other classes to tell apart, so it is plain soft labels with another weight",
}
"""What is left of a loss that looks at more than one wrong answer."""


def doubts(
    config: DistillConfig,
    *,
    student_parameters: int | None,
    teacher_parameters: int | None,
    images: int | None = None,
    teacher_data: str | None = None,
) -> Iterator[str]:
    """Doubts about a run, in sentences; all but those about the student's optimiser are about its teacher.

    Args:
        config: the run.
        student_parameters: how many the student has, if known.
        teacher_parameters: how many the teacher has, if known.
        images: how many the transfer set has, if known.
        teacher_data: the data set that the teacher's card says it was trained on, if known.
    """
    if config.optimiser.optimiser == "sgd" and _attends(config):
        yield (
            f"{student_name(config.student)} is a transformer, and those learn slowly or not at all by SGD. Choose "
            "AdamW with a learning rate of about 0.001 (optimiser=adamw, learning_rate=0.001)."
        )
    if config.begin_layers != DistillConfig().begin_layers and config.begin_from is None:
        yield (
            "begin_layers names layers, but begin_from no model: the student begins with random weights. Set "
            "begin_from, such as to teacher, or leave begin_layers out."
        )
    if config.teacher is None:
        return
    if student_parameters and teacher_parameters and student_parameters >= teacher_parameters:
        yield (
            f"The student {student_name(config.student)} ({student_parameters:,} parameters) is not smaller than its "
            f"teacher ({teacher_parameters:,}). It may learn well, but nothing gets smaller."
        )
    known = _seen_before(config, teacher_data)
    if known:
        yield (f"This teacher was trained on {known}, so its answers on them are surer than they would be on new ones.")
    labels = min((number for number in (config.label_budget, images) if number is not None), default=None)
    for phase in config.phases:
        if phase.pool == "labelled" and phase.share > 0 and labels is not None and labels < FEW_LABELS:
            noun = task_named(config.task).noun
            yield (
                f"The phase {phase.name!r} trains on the {labels:,} labelled {noun} alone; so few can eat what the "
                f"teacher gave. Keep the teacher, or allow {FEW_LABELS:,} labels or more."
            )
    terms = counted(config)
    for term in config.terms:
        switched_off = term.loss in ("kd", "ce") and term.weight == 0
        if term.loss not in terms and not switched_off:
            yield (
                f"{loss_named(term.loss).title} counts in no phase: its weight is 0, or the phases it is on in have no "
                "steps or a loss of their own. Weigh it more, or leave it out."
            )
    if terms & _OF_TWO_CLASSES.keys() and _outputs(config) == 2:
        for loss in sorted(terms & _OF_TWO_CLASSES.keys()):
            yield f"{loss_named(loss).title} on two classes: {_OF_TWO_CLASSES[loss]}."
    if not looks_at_labels(config):
        why = "alpha = 1 uses" if config.objective.alpha == 1 else "With these weights the run uses"
        yield f"{why} no labels: the student learns from the teacher alone."
    elif _writes_every_text(config):
        yield (
            "on_policy = 1 uses no labels: the student writes every text itself, and the teacher alone judges what it "
            "wrote."
        )
    if config.objective.alpha == 0 and terms == {"ce"}:
        yield "alpha = 0 ignores the teacher: the student learns from labels alone, like its baseline."


def _attends(config: DistillConfig) -> bool:
    """Whether the student is a transformer that begins untrained: published weights are fine-tuned by SGD too."""
    task = task_named(config.task)
    try:
        return task.attends(config.student) and task.bare(config.student) == config.student
    except ConfigError:  # an unknown student is refused elsewhere, with the names there are
        return False


def _outputs(config: DistillConfig) -> int | None:
    """How many classes a logit stands for; None while the data cannot be found."""
    try:
        return task_named(config.task).foreseen(config).outputs
    except DistillError:
        return None


def _seen_before(config: DistillConfig, teacher_data: str | None) -> str | None:
    """Which of the transfer set's images the teacher was trained on, in words; None for none, or if it is not known."""
    ours = config.dataset
    if ours == "folder" and config.data_folder:
        ours = f"folder:{Path(config.data_folder).expanduser().resolve().name}"
    if teacher_data is None:
        return None
    if teacher_data == ours or ours in _PARTS.get(teacher_data, ()):
        return "these very images"
    return "some of these images" if teacher_data in _PARTS.get(ours, ()) else None


def learns_from_labels(config: DistillConfig) -> bool:
    """Whether any label reaches the student."""
    return looks_at_labels(config) and not _writes_every_text(config)


def looks_at_labels(config: DistillConfig) -> bool:
    """Whether a term that counts in any phase does."""
    return any(term == "ce" or loss_named(term).labels for term in counted(config))


def _writes_every_text(config: DistillConfig) -> bool:
    """Whether the student learns from its own texts alone, which no label belongs to."""
    return config.training.on_policy == 1 and "ce" not in _alone(config)


def _alone(config: DistillConfig) -> set[str]:
    """The terms that are a phase's only one."""
    from distill_core.train.moment import levels_of

    every = [levels_of(config, phase) for phase in config.phases if phase.share > 0]
    return {term for terms in every if len(terms) == 1 for term in terms}
