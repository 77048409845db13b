from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.runs.preflight import Preflight, inspect, warnings_of
from distill_core.task import DataFacts

FACTS = DataFacts("x", ("a", "b"), (1, 8, 8), (0.5,), (0.5,), "")


def warned(config: DistillConfig, student: int = 1000, teacher: int = 9000, images: int = 8000) -> list[str]:
    return list(warnings_of(config, Preflight(FACTS, images, "resnet8-w4", student, "vgg8-w48", teacher)))


def test_the_default_run_warns_of_nothing() -> None:
    assert warned(DistillConfig()) == []


def test_a_student_bigger_than_its_teacher_is_pointed_out_with_both_sizes() -> None:
    (warning,) = warned(DistillConfig(), student=9001)
    assert "9,001" in warning
    assert "9,000" in warning


@pytest.mark.parametrize(
    ("budget", "images", "warns"), [(999, 8000, 1), (1000, 8000, 0), (None, 8000, 0), (None, 500, 1)]
)
def test_fine_tuning_on_few_labels_is_pointed_out(budget: int | None, images: int, warns: int) -> None:
    phases = [
        {"name": "distil", "share": 0.8},
        {"name": "fine-tune", "share": 0.2, "pool": "labelled", "terms": {"ce": 1.0}},
    ]
    config = DistillConfig.parse({"label_budget": budget, "phases": phases})
    assert len(warned(config, images=images)) == warns


@pytest.mark.parametrize(
    ("changes", "warns"),
    [
        ({"alpha": 1.0}, 1),
        ({"alpha": 0.99}, 0),
        ({"alpha": 1.0, "phases": [{"name": "a", "share": 1, "terms": {"ce": 1.0}}]}, 0),
        ({"alpha": 0.5, "phases": [{"name": "a", "share": 1, "terms": {"kd": 1.0}}]}, 1),
        ({"alpha": 1.0, "teacher": None}, 0),
    ],
)
def test_a_run_that_uses_no_labels_says_so(changes: dict[str, Any], warns: int) -> None:
    found = warned(DistillConfig().changed(changes))
    assert len(found) == warns
    assert all("uses no labels" in each for each in found)


def test_the_real_check_counts_the_models_and_knows_the_data(tiny_config: DistillConfig, own_home: Path) -> None:
    found = inspect(tiny_config, own_home)
    assert found.images > 1000
    assert found.student_parameters == 5142
    assert found.teacher_parameters is None
    assert len(found.facts.sha256) == 64


def test_the_real_check_refuses_a_teacher_that_is_not_there(tiny_config: DistillConfig, own_home: Path) -> None:
    with pytest.raises(ConfigError, match="teacher"):
        inspect(tiny_config.model_copy(update={"teacher": "nobody"}), own_home)


@pytest.mark.parametrize(
    ("budget", "message"), [(5, "fewer than the 10 classes"), (5_000, "more than the 1,078 images")]
)
def test_an_impossible_label_budget_is_found_before_anything_is_trained(
    tiny_config: DistillConfig, tmp_path: Path, budget: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        inspect(tiny_config.changed({"label_budget": budget}), tmp_path)
