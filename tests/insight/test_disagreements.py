"""Kinds of disagreement between a run's models."""

from __future__ import annotations

import numpy as np

from distill_core.insight.disagreements import found, unanimous

TRUTH = np.array([0, 0, 0, 0, 0, 0])
ANSWERS = {
    "teacher": np.array([1, 0, 0, 2, 0, 0]),
    "baseline": np.array([1, 1, 0, 1, 0, 0]),
    "student": np.array([0, 1, 1, 1, 0, 2]),
}
SUREST = np.array([0.5, 0.4, 0.9, 0.7, 0.99, 0.95])


def by_name(*roles: str) -> dict[str, list[int]]:
    answers = {role: ANSWERS[role] for role in roles}
    places = found(answers, {role: answers[role] == TRUTH for role in roles}, SUREST)
    return {name: each.tolist() for name, each in places.items()}


def test_each_kind_has_its_examples_the_surest_first() -> None:
    assert by_name("teacher", "baseline", "student") == {
        "student-alone": [0],
        "teacher-alone": [1],
        "differ": [5, 2, 3, 0, 1],
        "undone": [5, 2],
    }


def test_what_needs_a_missing_model_is_left_out() -> None:
    assert by_name("teacher", "student") == {
        "student-alone": [0],
        "teacher-alone": [5, 2, 1],
        "differ": [5, 2, 3, 0, 1],
    }
    assert by_name("baseline", "student") == {"undone": [5, 2]}


def test_unanimous_answers_are_counted_whether_right_or_wrong() -> None:
    assert unanimous(ANSWERS) == 1
    assert unanimous({role: ANSWERS[role] for role in ("baseline", "student")}) == 3
