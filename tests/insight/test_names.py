"""What runs are called, and how long that may be."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core import presets
from distill_core.config import DistillConfig
from distill_core.insight.beginning import begins_with
from distill_core.insight.levels import levels_said
from distill_core.insight.names import (
    LONGEST,
    further_losses,
    run_name,
    shortened,
    student_name,
    teacher_name,
)

QUICKSTART = presets.load("quickstart")


@pytest.mark.parametrize("preset", presets.names())
def test_a_preset_is_called_by_its_own_name_whatever_it_was_called_before(preset: str) -> None:
    assert run_name(presets.load(preset).model_copy(update={"name": "something else"})) == preset


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"seed": 3}, "cnn-w16 from vgg8-fashion, T 4, 400 labels, seed 3"),
        ({"temperature": 2.5, "alpha": 0.5}, "cnn-w16 from vgg8-fashion, T 2.5, 400 labels, alpha 0.5"),
        ({"label_budget": None, "epochs": 1}, "cnn-w16 from vgg8-fashion, T 4, all labels, 1 epoch"),
        ({"label_budget": 1, "epochs": 2}, "cnn-w16 from vgg8-fashion, T 4, 1 label, 2 epochs"),
        (
            {"gradient_shares": True, "terms": ["at", "hint"]},
            "cnn-w16 from vgg8-fashion, T 4, 400 labels, at + hint",
        ),
        ({"baseline": False}, "cnn-w16 from vgg8-fashion, T 4, 400 labels"),
        ({"terms": {"kd": 0, "at": 1000}}, "cnn-w16 from vgg8-fashion, 400 labels, at in place of soft labels"),
        ({"teacher": None, "label_budget": 1200}, "cnn-w16 on 1,200 labels"),
        ({"teacher": None, "alpha": 0.2, "dataset": "digits"}, "cnn-w16 on 400 labels, digits"),
        ({"phases": [0.1, 0.7, 0.2]}, "cnn-w16 from vgg8-fashion, T 4, 400 labels, phases 10%/70%/20%"),
        ({"dataset": "folder", "data_folder": "/home/me/pets"}, "cnn-w16 from vgg8-fashion, T 4, 400 labels, pets"),
    ],
)
def test_a_run_that_differs_from_the_quickstart_says_what_it_is(settings: dict[str, Any], name: str) -> None:
    assert run_name(QUICKSTART.changed(settings)) == name


def test_a_name_fits_a_configuration_and_ends_with_a_whole_part() -> None:
    settings = {
        "teacher": "/home/someone/.distill/runs/teacher-for-fashion-mnist-vgg8-w48-7f3a/best",
        "optimiser": "adamw",
        "learning_rate": 1e-5,
        "epochs": 3333,
        "seed": 2_000_000_000,
        "clip_norm": 0.25,
    }
    name = run_name(QUICKSTART.changed(settings))
    assert name.startswith("cnn-w16 from teacher-for…")
    assert "7f3a, T 4, 400 labels" in name
    assert len(name) <= LONGEST
    assert DistillConfig(name=name).name == name
    assert name.split(", ")[-1] in ("seed 2000000000", "3333 epochs", "clip norm 0.25", "optimiser adamw")


def test_a_long_student_cannot_make_a_name_too_long() -> None:
    assert len(run_name(QUICKSTART.changed({"student": "x" * 500, "teacher": "y" * 500}))) <= LONGEST


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ([], ""),
        (["at", "hint"], "with at + hint"),
        ({"kd": 0, "jsd": 0.9}, "with jsd in place of soft labels"),
        ({"kd": 0}, "without soft labels"),
        ({"kd": 0.5, "hint": 0}, ""),
    ],
)
def test_further_losses_are_named(terms: Any, said: str) -> None:
    assert further_losses(presets.load("quickstart").changed({"terms": terms})) == said


def test_a_student_of_saved_weights_is_called_without_its_folder() -> None:
    assert student_name("/home/me/mine.safetensors@resnet8-w4") == "mine.safetensors@resnet8-w4"
    assert student_name("/home/me@x/w.safetensors@torchvision/resnet18") == "w.safetensors@torchvision/resnet18"
    assert teacher_name("/home/me@x/w.safetensors@torchvision/resnet18") == "w.safetensors@torchvision/resnet18"
    assert student_name("torchvision/resnet18:IMAGENET1K_V1") == "torchvision/resnet18:IMAGENET1K_V1"


def test_a_fork_is_called_by_its_architecture_and_the_run_it_goes_on_from() -> None:
    folder = "/home/me/forks/try-resnet8-w4-7f3a"
    student = f"{folder}/7f3a-step-1200.safetensors@resnet8-w4"
    assert student_name(student) == "resnet8-w4 from 7f3a at step 1,200"
    assert student_name(f"{folder}/7f3a-epoch-3-2.safetensors@resnet8-w4") == "resnet8-w4 from 7f3a at epoch 3"
    assert teacher_name(f"{folder}/7f3a-step-1200") == "7f3a at step 1,200"
    config = QUICKSTART.changed({"student": student, "temperature": 8})
    assert run_name(config) == "resnet8-w4 from vgg8-fashion, T 8, 400 labels, begun as 7f3a at step 1,200"
    language = presets.load("language-quick").changed(
        {"begin_from": f"{folder}/7f3a-step-1200", "begin_layers": "uniform"}
    )
    assert begins_with(language) == "begins as 7f3a at step 1,200"


def test_shortening_keeps_both_ends() -> None:
    assert shortened("teacher-for-digits-7f3a", 12) == "teach…s-7f3a"
    assert len(shortened("abcdefghijk", 6)) == 6
    assert shortened("short", 5) == "short"


@pytest.mark.parametrize(
    ("reference", "name"),
    [(None, "labels only"), ("vgg8-fashion", "vgg8-fashion"), ("/runs/my-run-7f3a/best", "my-run-7f3a")],
)
def test_a_teacher_is_called_as_people_say_it(reference: str | None, name: str) -> None:
    assert teacher_name(reference) == name


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ([], ["T 4", "alpha 0.9"]),
        (["at"], ["T 4", "alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, "dkd"], ["T 4", "alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, "hint"], ["alpha 0.9"]),
        ([{"loss": "kd", "weight": 1}, {"loss": "ce", "weight": 1}], ["T 4"]),
        ([{"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}, "simkd"], []),
        (["known-once"], ["T 4", "alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, "kd-std"], ["alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, "hard"], ["alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, {"loss": "hard", "options": {"softened": True}}], ["T 4", "alpha 0.9"]),
        ([{"loss": "kd", "weight": 0}, {"loss": "deit", "options": {"hard": False}}], ["T 4", "alpha 0.9"]),
    ],
)
def test_temperature_and_alpha_are_said_where_a_loss_reads_them(terms: Any, said: list[str]) -> None:
    assert levels_said(QUICKSTART.changed({"terms": terms})) == said
