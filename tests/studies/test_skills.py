"""What the recorded studies of language say of each skill."""

from __future__ import annotations

import pytest

from distill_core.studies.keeping import recorded
from distill_core.studies.skills import (
    FORWARD,
    LARGEST,
    ON_TEXT,
    SKILLS,
    STUDIES,
    WHOSE,
    by_method,
    by_seed,
    by_size,
    gained,
    nearness,
    reached,
)


def test_the_steps_from_labels_to_soft_targets_add_up_to_the_whole_gain() -> None:
    study = recorded()[LARGEST]
    for skill in SKILLS:
        steps = [gained(study, before, after, skill) for _, before, after in WHOSE]
        whole = gained(study, None, FORWARD, skill)
        assert whole is not None
        assert sum(step.mean for step in steps if step) == pytest.approx(whole.mean)
    assert gained(study, FORWARD, FORWARD, SKILLS[0]) is None


def test_each_skill_has_labels_alone_first_and_then_both_ways_to_learn_from_the_teacher() -> None:
    study = recorded()[LARGEST]
    frame = by_method(study)
    assert frame["skill"].tolist() == [skill for skill in SKILLS for _ in range(3)]
    assert frame["role"].tolist() == ["baseline", "student", "student"] * 2
    assert frame.loc[5, "mean"] == reached(study, FORWARD, "instructions").mean
    assert frame.loc[3, "seeds"] == list(by_seed(study, None, "instructions").values())


def test_every_size_has_its_students_and_baselines_and_there_is_one_teacher() -> None:
    frame = by_size([recorded()[name] for name in STUDIES], teacher_parameters=1_246_240)
    counts = frame.groupby("role").size().to_dict()
    assert counts == {"student": 18, "baseline": 18, "teacher": 2}
    assert sorted(frame["parameters"].unique()) == [27_936, 105_024, 406_656, 1_246_240]


def test_soft_targets_bring_the_largest_student_nearer_to_its_teacher_than_its_text_does() -> None:
    study = recorded()[LARGEST]
    assert nearness(study, FORWARD) < 0.6 * nearness(study, ON_TEXT)
