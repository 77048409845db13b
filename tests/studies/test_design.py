"""A study made from choices."""

from __future__ import annotations

import pytest

from distill_core.config import DistillConfig
from distill_core.presets import load
from distill_core.studies.design import baselines, name_from, sizes_plan
from distill_core.studies.plan import StudyPlan, named_variants


def test_every_combination_is_a_variant_with_the_words_of_the_choices() -> None:
    variants = named_variants({"temperature": {"T 4": 4, "T 1": 1}, "terms": {"alone": [], "AT": [{"loss": "at"}]}})
    assert [variant.name for variant in variants] == ["T 4, alone", "T 4, AT", "T 1, alone", "T 1, AT"]
    assert variants[1].settings == {"temperature": 4, "terms": [{"loss": "at"}]}


@pytest.mark.parametrize(
    ("title", "name"),
    [("Which temperature?", "which-temperature"), ("  T & alpha ", "t-alpha"), ("???", ""), ("x" * 80, "x" * 60)],
)
def test_a_title_becomes_a_name_that_an_address_takes(title: str, name: str) -> None:
    assert name_from(title) == name


def test_variants_that_differ_for_the_teacher_alone_need_one_baseline_a_seed() -> None:
    def needed(base: DistillConfig, **vary: dict[str, object]) -> int:
        plan = StudyPlan(name="s", base=base, variants=named_variants(vary), seeds=(0, 1))
        return baselines(list(plan.jobs()))

    students = {"small": "resnet8-w4", "large": "resnet8-w8"}
    assert needed(DistillConfig(), temperature={"T 1": 1, "T 4": 4}) == 2
    assert needed(DistillConfig(), student=dict(students)) == 4
    assert needed(DistillConfig(baseline=False), student=dict(students)) == 0


def test_a_study_of_sizes_varies_the_student_alone_under_a_name_that_is_free() -> None:
    base = load("quickstart").changed({"alpha": 0.5})
    plan = sizes_plan(base, ["resnet8-w4", "resnet8-w8"], 2, taken=("sizes-on-fashion-mnist-mini",))
    assert (plan.name, plan.title) == ("sizes-on-fashion-mnist-mini-2", "Sizes on fashion-mnist-mini 2")
    jobs = list(plan.jobs())
    wanted = [("resnet8-w4", 0), ("resnet8-w8", 0), ("resnet8-w4", 1), ("resnet8-w8", 1)]
    assert [(job.config.student, job.config.seed) for job in jobs] == wanted
    assert {job.config.objective.alpha for job in jobs} == {0.5}
