from __future__ import annotations

import json
from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.studies.plan import StudyPlan, grid, read_plan

BASE = DistillConfig()


def plan(**parts: object) -> StudyPlan:
    data = {"name": "s", "base": BASE, "variants": [{"name": "as it is"}], "seeds": [0], **parts}
    return StudyPlan.parse(data)


def test_a_grid_has_every_combination_named_by_its_values() -> None:
    variants = grid({"temperature": [1, 4], "label_budget": [None, 400]})
    assert [variant.name for variant in variants] == [
        "temperature 1, label_budget all",
        "temperature 1, label_budget 400",
        "temperature 4, label_budget all",
        "temperature 4, label_budget 400",
    ]


def test_all_variants_of_a_seed_come_before_the_next_seed() -> None:
    jobs = list(plan(variants=grid({"alpha": [0.5, 0.9]}), seeds=[3, 1]).jobs())
    assert [(job.config.objective.alpha, job.config.seed) for job in jobs] == [(0.5, 3), (0.9, 3), (0.5, 1), (0.9, 1)]


def test_variants_that_differ_for_the_teacher_alone_share_a_baseline() -> None:
    jobs = plan(variants=grid({"alpha": [0.5, 0.9], "temperature": [1, 4]})).jobs()
    assert len({job.config.baseline_config().fingerprint() for job in jobs}) == 1


def test_a_plan_goes_to_json_and_back() -> None:
    made = plan(variants=grid({"student": ["resnet8-w4", "resnet8-w8"]}), seeds=[0, 1])
    assert StudyPlan.parse(json.loads(made.to_json())) == made


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"variants": [{"name": "a"}, {"name": "a"}]}, "two variants are called 'a'"),
        ({"seeds": [1, 1]}, "each seed counts once"),
        ({"variants": [{"name": "a", "settings": {"alpah": 1}}]}, "Did you mean 'alpha'"),
        ({"variants": [{"name": "a", "settings": {"alpha": 7}}]}, "alpha: got 7"),
        ({"variants": []}, "at least 1 item"),
        ({"name": "No Spaces"}, "name"),
    ],
)
def test_what_is_wrong_is_named(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(**parts)


def test_the_plans_in_docs_can_be_read() -> None:
    files = sorted((Path(__file__).parents[2] / "docs" / "studies").glob("*.json"))
    assert len(files) >= 3
    assert all(list(read_plan(path).jobs()) for path in files)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"temperature": 4}, "temperature is varied over a list of values; got 4"),
        ({"student": "resnet8-w4"}, "student is varied over a list"),
        (["temperature"], "vary is an object"),
        ({"alpha": [0.5, 0.5]}, "alpha has a value twice"),
    ],
)
def test_what_is_varied_is_a_list(vary: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        grid(vary)  # type: ignore[arg-type]


def test_nothing_is_called_all_of_labels_alone() -> None:
    assert [variant.name for variant in grid({"begin_from": [None, "teacher"]})] == [
        "begin_from none",
        "begin_from teacher",
    ]
