"""What would end a run at its start is found before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.foresight import refusals, student_parameters
from distill_core.presets import load
from distill_core.runs.preflight import inspect

VGG8 = str(Path(__file__).parents[2] / "distill_core" / "assets" / "teachers" / "vgg8-fashion")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"label_budget": 5}, "label_budget: 5 is fewer than the 10 classes"),
        ({"label_budget": 100_000}, "label_budget: 100,000 is more than the 8,000 images"),
        ({"teacher": "/nowhere/best"}, "teacher: there is no folder"),
        ({"teacher": "vgg9-fashion"}, "teacher: 'vgg9-fashion' is not known. Did you mean 'vgg8-fashion'?"),
        (
            {"dataset": "digits"},
            "teacher: it knows the 10 classes of fashion-mnist-rest (T-shirt/top, ...), but digits",
        ),
        ({"dataset": "fashion"}, "dataset: 'fashion' is not known."),
        ({"dataset": "folder", "data_folder": "/nope/xx"}, "data_folder: '/nope/xx' does not exist."),
        ({"student": "resnet9-w8"}, "student: "),
    ],
)
def test_a_run_that_preflight_refuses_is_refused_already_now(
    settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    config = load("quickstart").changed(settings)
    assert refusals(config)[0].startswith(sentence)
    with pytest.raises(DistillError):
        inspect(config, tmp_path)


def test_a_class_that_does_not_exist_is_refused() -> None:
    phases = [{"name": "all", "share": 1.0, "pool": "classes", "classes": [3, 10]}]
    (said,) = refusals(load("quickstart").changed({"phases": phases}))
    assert said.startswith("phases: all is to train on class 10, but fashion-mnist-mini has 10: 0 T-shirt")
    assert said.endswith(", 9 Ankle boot")


def test_a_data_set_of_the_other_task_says_whose_it_is() -> None:
    (said,) = refusals(load("quickstart").changed({"dataset": "jsonl"}))
    assert said.startswith(
        "dataset: 'jsonl' belongs to the task language, and this run is of the task vision; set task="
    )
    (said,) = refusals(load("language-quick").changed({"dataset": "digits"}))
    assert said.startswith("dataset: 'digits' belongs to the task vision, and this run is of the task language")
    (said,) = refusals(load("quickstart").changed({"dataset": "digitz"}))
    assert said.startswith("dataset: 'digitz' is not known. Did you mean 'digits'?")
    said = refusals(load("quickstart").changed({"teacher": "gpt-skills"}))[0]
    assert said.startswith("teacher: 'gpt-skills' belongs to the task language")


@pytest.mark.parametrize("settings", [{}, {"label_budget": None}, {"teacher": None, "dataset": "digits"}])
def test_an_ordinary_run_is_not_refused(settings: dict[str, Any]) -> None:
    assert refusals(load("quickstart").changed(settings)) == []


def test_two_mistakes_are_both_found() -> None:
    found = refusals(load("quickstart").changed({"label_budget": 5, "teacher": "/nowhere/best"}))
    assert [sentence.partition(":")[0] for sentence in found] == ["label_budget", "teacher"]


def test_a_teacher_that_only_loading_can_judge_is_left_to_it(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"")
    for teacher in ("torchvision/resnet18:IMAGENET1K_V1", "somebody.nets:trained", f"{file}@resnet20-w16"):
        assert refusals(load("quickstart").changed({"teacher": teacher})) == []


def test_a_method_or_a_setting_of_it_that_is_not_known_is_refused() -> None:
    terms = ["atention", {"loss": "dkd", "options": {"gamma": 1.0}}]
    first, second = refusals(load("quickstart").changed({"terms": terms}))
    assert first.startswith("terms: 'atention' is not known.")
    assert second.startswith("terms: option of dkd: 'gamma' is not known.")


def test_runs_on_texts_are_foreseen_too() -> None:
    config = load("language-quick")
    assert refusals(config) == []
    assert any("more than the 20,000 prompts" in each for each in refusals(config.changed({"label_budget": 30_000})))
    assert any("is a model for vision" in each for each in refusals(config.changed({"teacher": VGG8})))
    assert any("gpt-2x65" in each for each in refusals(config.changed({"student": "gpt-2x65"})))


def test_the_students_parameters_are_those_it_has_on_the_runs_own_data() -> None:
    known = {
        name: student_parameters(DistillConfig(dataset=name, student="cnn-w16")) for name in ("digits", "cifar100")
    }
    assert known == {"digits": 24_058, "cifar100": 24_346 + 90 * 65}
    lent = {"student": "resnet8-w16", "terms": [{"loss": "simkd", "weight": 100}]}
    backbone, projector = 77_104, 64 * 96 + 9 * 96 * 96 + 96 * 192 + 2 * (96 + 96 + 192)
    assert student_parameters(DistillConfig().changed(lent)) == backbone + projector + 192 * 10 + 10
    assert student_parameters(DistillConfig(dataset="folder", data_folder="/no/where")) is None
    assert student_parameters(DistillConfig(student="no-such")) is None
