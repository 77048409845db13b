"""How a run ended, in one sentence that can be read in passing."""

from __future__ import annotations

from typing import Any

from distill_core.config import DistillConfig
from distill_core.insight.names import shortened
from distill_core.insight.words import difference, percent, points
from distill_core.task import task_named

LONGEST_REASON = 160


def ended(status: str, summary: dict[str, Any] | None, error: str | None, config: DistillConfig) -> str:
    """The end of a run, without its name: ``is finished: 88.3% of the test images right``.

    Args:
        status: finished, failed, stopped or interrupted.
        summary: the results of a finished run.
        error: why it failed.
        config: the run's own.
    """
    if status == "finished":
        return f"is finished{_result(summary or {}, config)}."
    if status == "failed":
        return f"failed. {shortened(_first_line(error), LONGEST_REASON)}"
    return f"was {status}. It can be taken up again on its page."


def _first_line(error: str | None) -> str:
    return next((line for line in (error or "").splitlines() if line.strip()), "It left no message.").strip()


def _result(summary: dict[str, Any], config: DistillConfig) -> str:
    """Accuracy, beside the baseline's if there is one; nothing where the run measured none."""
    student, baseline = ((summary.get(who) or {}).get("accuracy") for who in ("student", "baseline"))
    if student is None:
        return ""
    told = f": {percent(student)} of the test {task_named(config.task).scored(config.dataset)} right"
    if baseline is None:
        return told
    return f"{told}, {points(difference(student, baseline))} against labels alone ({percent(baseline)})"
