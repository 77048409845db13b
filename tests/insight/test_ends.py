"""How a run ended, in passing."""

from __future__ import annotations

from distill_core.config import DistillConfig
from distill_core.insight.ends import LONGEST_REASON, ended
from distill_core.presets import load

CONFIG = DistillConfig()


def test_a_finished_run_is_told_beside_its_baseline() -> None:
    summary = {"student": {"accuracy": 0.883}, "baseline": {"accuracy": 0.787}}
    assert ended("finished", summary, None, CONFIG) == (
        "is finished: 88.3% of the test images right, +9.6 points against labels alone (78.7%)."
    )
    assert "of the test prompts" in ended("finished", summary, None, load("language-quick"))


def test_without_a_baseline_or_a_result_nothing_is_made_up() -> None:
    assert (
        ended("finished", {"student": {"accuracy": 0.5}}, None, CONFIG)
        == "is finished: 50.0% of the test images right."
    )
    assert ended("finished", {}, None, CONFIG) == "is finished."


def test_a_failure_gives_its_reason_and_a_long_one_is_shortened() -> None:
    assert ended("failed", None, "The disk is full.\nTraceback", CONFIG) == "failed. The disk is full."
    assert len(ended("failed", None, "x" * 999, CONFIG)) == LONGEST_REASON + len("failed. ")


def test_one_that_was_stopped_can_be_taken_up_again() -> None:
    assert ended("stopped", None, None, CONFIG) == "was stopped. It can be taken up again on its page."
