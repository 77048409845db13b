"""Teachers: on which images each is looked at, and how a run learns from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.cards import ModelCard, model_folders
from distill_core.insight.admission import doubts_of
from distill_core.insight.licences import licence_of
from distill_core.insight.teachers import (
    Teacher,
    foreign_teacher,
    lesson,
    lost_data,
    made_by,
    named_teachers,
    recorded_seconds,
    reported_on,
)
from distill_core.presets import load
from distill_core.vision.task import TEACHERS
from pages.components.links import configuration


def card(dataset: str, task: str = "vision", **provenance: Any) -> ModelCard:
    return ModelCard(
        task=task, architecture="resnet8-w2", classes=("a",), input_shape=(1, 8, 8), mean=(0.0,), std=(1.0,),
        dataset=dataset, parameters=1, provenance=provenance,
    )  # fmt: skip


def of(found: ModelCard, reference: str = "mine") -> Teacher:
    return Teacher("mine", "mine", reference, Path("mine"), found, "published")


def test_clothes_are_looked_at_on_images_inside_that_no_teacher_trained_on() -> None:
    for dataset in ("fashion-mnist-rest", "fashion-mnist", "fashion-mnist-mini"):
        config = reported_on(card(dataset, config={"data_folder": "/somewhere", "image_size": 32}))
        assert (config.dataset, config.data_folder) == ("fashion-mnist-mini", None)
    assert reported_on(card("digits")).dataset == "digits"


def test_a_folder_of_images_is_found_again_by_what_the_card_says() -> None:
    config = reported_on(card("folder:pets", config={"data_folder": "/pets", "image_size": 64, "seed": 3}))
    assert (config.dataset, config.data_folder, config.image_size) == ("folder", "/pets", 64)


def test_where_ones_own_images_lie_is_kept_by_a_teacher_that_stays_and_missed_when_they_are_gone(
    tmp_path: Path,
) -> None:
    pets = tmp_path / "pets"
    found = card("folder:pets", config={"data_folder": "pets", "image_size": 64}, data_here=str(pets))
    assert lost_data(found) == str(pets)
    pets.mkdir()
    assert lost_data(found) is None
    assert reported_on(found).data_folder == str(pets)
    taught = lesson(of(found))
    assert taught is not None
    assert f"data_folder={pets}" in taught[1]
    assert lost_data(card("digits")) is None


@pytest.mark.parametrize(
    ("found", "preset", "settings"),
    [
        (card("fashion-mnist-rest"), "quickstart", ("teacher=mine",)),
        (card("digits"), "quickstart", ("teacher=mine", "dataset=digits")),
        (
            card("folder:pets", config={"data_folder": "/pets", "image_size": 64}),
            "quickstart",
            ("teacher=mine", "dataset=folder", "data_folder=/pets", "image_size=64"),
        ),
        (card("skills-more", "language"), "language-quick", ("teacher=mine",)),
        (card("plain-english", "language"), "language-quick", ("teacher=mine", "dataset=plain-english")),
    ],
)
def test_a_run_is_set_up_with_a_teacher_and_its_data(found: ModelCard, preset: str, settings: tuple[str, ...]) -> None:
    assert lesson(of(found)) == (preset, settings)
    config = configuration(preset, settings)
    assert config.teacher == "mine"
    assert config.task == found.task


def test_a_converted_model_has_the_preset_that_names_it_or_none() -> None:
    named = load("smollm2-24").teacher
    assert named is not None
    ready = foreign_teacher(named.removeprefix("hf:"), "SmolLM2", 134_500_000)
    assert lesson(ready) == ("smollm2-24", ())
    assert lesson(foreign_teacher("other", "other", 1)) is None


def test_teachers_inside_tell_how_they_were_made_and_how_long_that_took() -> None:
    inside = named_teachers(model_folders(TEACHERS).items(), inside=True)
    (vgg,) = [teacher for teacher in inside if teacher.key == "vgg8-fashion"]
    made = dict(made_by(vgg.card.provenance))
    assert made["Command"] == "`python -m distill_core run --preset teacher-vgg8`"
    assert made["Training took"] == "35 min 8 s on 2 threads"
    assert made["Seed"] == "0"
    assert "torch 2.14.1" in made["Versions"]
    assert not vgg.removable
    seconds, threads = recorded_seconds(inside, "teacher-vgg8") or (0, 0)
    assert (round(seconds), threads) == (2108, 2)
    assert recorded_seconds(inside, "teacher") is None


def test_what_is_not_known_of_a_making_is_left_out() -> None:
    assert made_by({}) == []
    assert made_by({"uploaded": "mine.safetensors", "date": "2026-11-26"}) == [
        ("Uploaded as", "mine.safetensors"),
        ("Date", "2026-11-26"),
    ]


@pytest.mark.parametrize(
    ("accuracy", "likeliest", "said"),
    [
        (0.93, 0.93, ""),
        (0.02, 0.93, "its classes are in another order"),
        (0.11, 0.2, "no better than always giving the commonest answer (10.0%)"),
        (0.60, 0.62, ""),
    ],
)
def test_a_score_tells_classes_in_another_order_from_a_wrong_normalisation(
    accuracy: float, likeliest: float, said: str
) -> None:
    found = doubts_of({"accuracy": accuracy, "likeliest": likeliest, "guessing": 0.1, "inputs": 360})
    assert found == "" if not said else said in found


def test_terms_of_data_are_told_or_said_to_be_unknown() -> None:
    assert "MIT" in licence_of("fashion-mnist-rest")
    assert "look them up" in licence_of("cifar10")
