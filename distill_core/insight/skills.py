"""What a student of texts kept of each of its teacher's skills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distill_core.insight.measures import ACCURACY, measures_among
from distill_core.insight.outcome import gap_closed, gap_interval, ratio_interval, retention
from distill_core.insight.words import percent

HOW_SURE = (
    "In brackets what the number of test prompts leaves open (95% intervals); other seeds may differ by more, "
    "which a study shows. Gap closed is the way from labels alone to the teacher."
)

Ends = tuple[float, float] | None


@dataclass(frozen=True)
class KeptSkill:
    """Of one skill: `retention` is the student's share of right answers over the teacher's.

    Attributes:
        title: of the skill.
        prompts: on how many test prompts all were scored.
        retention: None if the teacher has none right.
        retention_ends: its 95% interval.
        gap_closed: None without a baseline, or where teacher - baseline is within noise.
        gap_ends: its 95% interval.
        why: why no gap is given; empty if one is.
    """

    title: str
    prompts: int
    retention: float | None
    retention_ends: Ends
    gap_closed: float | None
    gap_ends: Ends
    why: str = ""

    @property
    def retained(self) -> str:
        """``96.9% (93.3 to 100.5)``."""
        return _within(self.retention, self.retention_ends)

    @property
    def closed(self) -> str:
        """``95.2% (88.1 to 102.6)``; a dash where there is none."""
        return _within(self.gap_closed, self.gap_ends)


def kept_skills(summary: dict[str, Any]) -> list[KeptSkill]:
    """One entry for each skill that teacher and student were scored on; none of images or of running text."""
    models = [summary.get(who) or {} for who in ("student", "teacher", "baseline")]
    student, teacher, baseline = (model.get("metrics") or {} for model in models)
    counts = models[0].get("counts") or {}
    return [
        _kept(measure.title, student[measure.name], teacher[measure.name], baseline.get(measure.name), prompts)
        for measure in measures_among(student)
        if measure.name != ACCURACY
        and measure.is_share
        and measure.name in teacher
        and (prompts := counts.get(measure.name))
    ]


def _kept(title: str, student: float, teacher: float, baseline: float | None, prompts: int) -> KeptSkill:
    closed = gap_closed(student, baseline, teacher, prompts, "prompts")
    known = closed.value is not None and baseline is not None
    return KeptSkill(
        title=title,
        prompts=prompts,
        retention=retention(student, teacher),
        retention_ends=ratio_interval(student, teacher, prompts),
        gap_closed=closed.value,
        gap_ends=gap_interval(student, baseline, teacher, prompts) if known and baseline is not None else None,
        why="" if known else closed.why,
    )


def _within(value: float | None, ends: Ends) -> str:
    if value is None or ends is None:
        return percent(value)
    return f"{percent(value)} ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"
