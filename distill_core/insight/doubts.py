"""What a user should know before a run starts; none of it keeps the run from starting.

The form says it while settings are chosen, a run says it again as warnings when it begins: the same words.
"""

from __future__ import annotations

from collections.abc import Iterator

from distill_core.config import DistillConfig

FEW_LABELS = 1_000


def doubts(
    config: DistillConfig, *, student_parameters: int | None, teacher_parameters: int | None, images: int | None = None
) -> Iterator[str]:
    """Doubts about a run with a teacher, in sentences; without one there are none.

    Args:
        config: the run.
        student_parameters: how many the student has, if known.
        teacher_parameters: how many the teacher has, if known.
        images: how many the transfer set has, if known.
    """
    if config.teacher is None:
        return
    if student_parameters and teacher_parameters and student_parameters >= teacher_parameters:
        yield (
            f"The student {config.student} ({student_parameters:,} parameters) is not smaller than its teacher "
            f"({teacher_parameters:,}). It may learn well, but nothing gets smaller."
        )
    labels = min((number for number in (config.label_budget, images) if number is not None), default=None)
    for phase in config.phases:
        if phase.pool == "labelled" and phase.share > 0 and labels is not None and labels < FEW_LABELS:
            yield (
                f"The phase {phase.name!r} trains on the {labels:,} labelled images alone; so few can eat what the "
                f"teacher gave. Keep the teacher, or allow {FEW_LABELS:,} labels or more."
            )
    terms = _terms(config)
    if "ce" not in terms:
        yield "alpha = 1 uses no labels: the student learns from the teacher's answers alone."
    if config.objective.alpha == 0 and terms == {"ce"}:
        yield "alpha = 0 ignores the teacher: the student learns from labels alone, like its baseline."


def _terms(config: DistillConfig) -> set[str]:
    """The terms that count in any phase."""
    from distill_core.train.moment import levels_of

    return {term for phase in config.phases if phase.share > 0 for term in levels_of(config, phase)}
