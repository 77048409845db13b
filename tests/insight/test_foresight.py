"""What would end a run at its start is found before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.foresight import KnownData, known_data, refusals
from distill_core.presets import load
from distill_core.runs.preflight import inspect
from distill_core.task import task_named

VGG8 = str(Path(__file__).parents[2] / "distill_core" / "assets" / "teachers" / "vgg8-fashion")
HERE = ("fashion-mnist-mini", "digits")
DEBIAN = ("fashion-mnist", "fashion-mnist-rest")


def pets(root: Path, each: int = 8, size: int = 8) -> Path:
    from PIL import Image

    for kind in ("cat", "dog"):
        (root / kind).mkdir(parents=True)
        for number in range(each):
            Image.new("RGB", (size, size)).save(root / kind / f"{number}.png")
    return root


def as_loaded(config: DistillConfig, home: Path) -> KnownData:
    data = task_named("vision").load_data(config, home)
    return KnownData(data.facts.classes, data.facts.input_shape, len(data.train))


@pytest.mark.parametrize("dataset", HERE + DEBIAN)
def test_what_is_known_of_a_data_set_is_what_loading_finds(dataset: str, tmp_path: Path) -> None:
    if dataset in DEBIAN and not Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("Fashion-MNIST is not installed here (Debian: apt-get install dataset-fashion-mnist)")
    config = DistillConfig(dataset=dataset)
    assert known_data(config) == as_loaded(config, tmp_path)


def test_every_listed_data_set_is_known_or_a_folder() -> None:
    for dataset in task_named("vision").datasets():
        if dataset != "folder":
            assert known_data(DistillConfig(dataset=dataset)).images > 0


def test_a_folder_is_known_by_listing_it(tmp_path: Path) -> None:
    config = DistillConfig(dataset="folder", data_folder=str(pets(tmp_path / "pets")), image_size=16)
    assert known_data(config) == as_loaded(config, tmp_path)


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
    assert refusals(load("quickstart").changed({"phases": phases})) == [
        "phases: all is to train on class 10, but fashion-mnist-mini has classes 0 to 9"
    ]


@pytest.mark.parametrize("settings", [{}, {"label_budget": None}, {"teacher": None, "dataset": "digits"}])
def test_an_ordinary_run_is_not_refused(settings: dict[str, Any]) -> None:
    assert refusals(load("quickstart").changed(settings)) == []


def test_two_mistakes_are_both_found() -> None:
    found = refusals(load("quickstart").changed({"label_budget": 5, "teacher": "/nowhere/best"}))
    assert [sentence.partition(":")[0] for sentence in found] == ["label_budget", "teacher"]


def test_a_teacher_that_only_loading_can_judge_is_left_to_it() -> None:
    for teacher in ("torchvision/resnet18:IMAGENET1K_V1", "somebody.nets:trained", "w.safetensors@resnet20-w16"):
        assert refusals(load("quickstart").changed({"teacher": teacher})) == []


def test_a_method_or_a_setting_of_it_that_is_not_known_is_refused() -> None:
    terms = ["atention", {"loss": "dkd", "options": {"gamma": 1.0}}]
    first, second = refusals(load("quickstart").changed({"terms": terms}))
    assert first.startswith("terms: 'atention' is not known.")
    assert second.startswith("terms: option of dkd: 'gamma' is not known.")


@pytest.mark.parametrize("dataset", task_named("language").datasets())
def test_what_is_known_of_texts_is_what_loading_finds(dataset: str, tmp_path: Path) -> None:
    config = DistillConfig(task="language", teacher="gpt-skills", student="gpt-2x64", dataset=dataset)
    data = task_named("language").load_data(config, tmp_path)
    assert known_data(config) == KnownData(
        data.facts.classes, data.facts.input_shape, len(data.train), kinds=data.facts.kinds
    )


def test_runs_on_texts_are_foreseen_too() -> None:
    config = load("language-quick")
    assert refusals(config) == []
    assert any("more than the 20,000 prompts" in each for each in refusals(config.changed({"label_budget": 30_000})))
    assert any("is a model for vision" in each for each in refusals(config.changed({"teacher": VGG8})))
    assert any("gpt-2x65" in each for each in refusals(config.changed({"student": "gpt-2x65"})))
