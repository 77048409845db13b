"""What tiles and empty charts say of a run in each status."""

from __future__ import annotations

import pytest

from distill_core.events import Evaluated, Finished, ModelFacts, PhaseSpan, Started
from distill_core.insight.history import RunHistory
from distill_core.insight.standing import baseline_standing, empty_chart, student_standing
from distill_core.runs.status import OVER, STATUSES

SPANS = (PhaseSpan("distil", 0, 100, "all"),)
STARTED = Started(ModelFacts("s", 1), None, "d", ("a",), 100, 10, 100, 50, SPANS, "cpu", "32-true", 1, "contiguous")


def half_way() -> RunHistory:
    """The baseline has had one of two epochs."""
    history = RunHistory(with_baseline=True)
    history.feed(STARTED, of_baseline=True)
    history.feed(Evaluated(50, 1, "validation", "student", 0.7, 0.5), of_baseline=True)
    return history


@pytest.mark.parametrize("status", STATUSES)
def test_the_baseline_trains_now_only_while_its_run_does(status: str) -> None:
    assert (baseline_standing(half_way(), status) == "training now") == (status == "running")
    assert baseline_standing(RunHistory(with_baseline=True), status) != "training now"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("queued", "waits its turn"),
        ("paused", "paused"),
        ("stopped", "stopped midway"),
        ("interrupted", "interrupted midway"),
        ("failed", "failed midway"),
    ],
)
def test_a_baseline_half_way_stands_as_its_run_does(status: str, said: str) -> None:
    assert baseline_standing(half_way(), status) == said


def test_a_baseline_that_was_trained_stands_whatever_becomes_of_the_run() -> None:
    history = half_way()
    history.feed(Finished({}), of_baseline=True)
    assert {baseline_standing(history, status) for status in STATUSES} == {"labels only, best"}
    assert baseline_standing(RunHistory(), "running") == "not asked for"


def test_nothing_is_promised_of_a_run_that_is_over() -> None:
    empty = RunHistory(with_baseline=True)
    for status in OVER:
        assert baseline_standing(empty, status) == "never begun"
        assert student_standing(empty, status) == "no epoch done"
        assert "first point comes" not in empty_chart(status, "step")
    assert student_standing(empty, "running") == "after baseline"
    assert empty_chart("running", "step") == "The first point comes after the first step"
    assert "waits" in empty_chart("queued", "epoch")


def test_the_student_is_measured_by_the_baseline_after_the_same_epoch() -> None:
    history = half_way()
    history.feed(Finished({}), of_baseline=True)
    history.feed(STARTED)
    assert student_standing(history, "running") == "first epoch"
    history.feed(Evaluated(50, 1, "validation", "student", 0.8, 0.5))
    assert student_standing(history, "running") == "+10.0 points, same epoch"
