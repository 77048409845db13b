from __future__ import annotations

import pytest

from distill_core.insight.skills import kept_skills

COUNTS = {"reasoning": 500, "instructions": 500, "valid_steps": 1500}


def summary(**metrics: tuple[float, float, float]) -> dict:
    """Student, teacher and baseline by metric."""
    whose = ("student", "teacher", "baseline")
    return {
        who: {"metrics": {name: values[place] for name, values in metrics.items()}, "counts": COUNTS}
        for place, who in enumerate(whose)
    }


def test_each_skill_is_held_against_the_teachers_and_the_way_from_labels_alone() -> None:
    reasoning, instructions = kept_skills(
        summary(reasoning=(1.0, 1.0, 0.1), instructions=(0.9, 0.96, 0.26), valid_steps=(1.0, 1.0, 0.1))
    )
    assert (reasoning.title, instructions.title) == ("Reasoning", "Instructions")
    assert reasoning.retention == reasoning.gap_closed == 1
    assert instructions.retention == pytest.approx(0.9375)
    assert instructions.gap_closed == pytest.approx(0.64 / 0.7)
    low, high = instructions.retention_ends or (0, 0)
    assert low < 0.9375 < high
    assert instructions.retained == f"93.8% ({100 * low:.1f} to {100 * high:.1f})"
    assert instructions.closed.startswith("91.4% (")


def test_a_teacher_level_with_labels_alone_has_no_gap_and_says_why() -> None:
    (kept,) = kept_skills(summary(reasoning=(0.1, 0.11, 0.1)))
    assert kept.gap_closed is None
    assert kept.closed == "–"
    assert "may be chance" in kept.why


def test_without_a_baseline_there_is_retention_alone() -> None:
    told = summary(reasoning=(0.5, 1.0, 0.1))
    told["baseline"] = None
    (kept,) = kept_skills(told)
    assert kept.retention == 0.5
    assert kept.closed == "–"


def test_images_running_text_and_runs_of_before_have_no_skills() -> None:
    assert kept_skills({"student": {"accuracy": 0.8}, "teacher": {"accuracy": 0.9}}) == []
    assert kept_skills(summary(perplexity=(5.0, 4.0, 9.0))) == []
    old = summary(reasoning=(1.0, 1.0, 0.1))
    del old["student"]["counts"]
    assert kept_skills(old) == []
