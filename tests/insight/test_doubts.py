"""What is worth saying before a run; the form and the run say it in the same words."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core.config import DEFAULT_PHASES, DistillConfig
from distill_core.insight.doubts import doubts
from distill_core.runs.preflight import Preflight, warnings_of
from distill_core.task import DataFacts


def doubts_of(
    settings: dict[str, Any] | None = None, student: int | None = 20_000, teacher: int | None = 600_000
) -> list[str]:
    config = DistillConfig(label_budget=400).changed(settings or {})
    return list(doubts(config, student_parameters=student, teacher_parameters=teacher))


def labels_at_the_end(share: float = 0.2) -> list[dict[str, Any]]:
    phases = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
    phases[1]["share"] = 0.8 - share
    phases[2] |= {"pool": "labelled", "terms": {"ce": 1.0}, "share": share}
    return phases


def test_an_ordinary_run_raises_no_doubt() -> None:
    assert doubts_of() == []


@pytest.mark.parametrize(
    ("settings", "student", "word"),
    [
        ({}, 600_000, "not smaller"),
        ({"alpha": 1.0}, 20_000, "no labels"),
        ({"alpha": 0.0}, 20_000, "ignores the teacher"),
        ({"phases": labels_at_the_end()}, 20_000, "400 labelled images alone"),
    ],
)
def test_each_doubt_is_said_alone(settings: dict[str, Any], student: int, word: str) -> None:
    (said,) = doubts_of(settings, student)
    assert word in said


def test_many_labels_or_no_teacher_leave_nothing_to_doubt() -> None:
    assert doubts_of({"phases": labels_at_the_end(), "label_budget": None}) == []
    assert doubts_of({"phases": labels_at_the_end(), "label_budget": 1000}) == []
    assert doubts_of({"teacher": None, "alpha": 1.0}) == []


def test_sizes_that_are_not_known_are_not_compared() -> None:
    assert doubts_of(student=None) == []
    assert doubts_of(teacher=None) == []


def test_a_run_warns_in_the_words_of_the_form() -> None:
    config = DistillConfig(label_budget=400).changed({"alpha": 1.0, "phases": labels_at_the_end()})
    found = Preflight(
        DataFacts("x", ("a", "b"), (1, 8, 8), (0.5,), (0.5,), ""), 8000, "resnet8-w4", 700_000, "vgg8-w48", 600_000
    )
    said = list(doubts(config, student_parameters=700_000, teacher_parameters=600_000))
    assert list(warnings_of(config, found)) == said
    assert len(said) == 2
