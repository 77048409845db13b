"""What is known of a run before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from distill_core.footprint import parameters
from distill_core.insight.doctor import Finding, told
from distill_core.presets import load
from distill_core.vision import models

QUICKSTART = load("quickstart")


def found(about: str, **settings: object) -> Finding:
    return next(each for each in told(QUICKSTART.changed(settings)) if each.about == about)


def test_the_teachers_accuracy_is_what_its_card_says_and_of_which_images() -> None:
    assert found("Teacher").sentence == (
        "vgg8-fashion is right on 93.4% of 10,000 test images of fashion-mnist-rest, says its card."
    )


def test_classes_and_inputs_agree_or_that_is_left_open() -> None:
    assert found("Classes").sentence == "It knows the same 10 classes as fashion-mnist-mini, in the same order."
    assert "28×28 pixels, 1 channel, mean 0.286" in found("Images").sentence


def test_how_layers_fit_is_told_where_a_method_pairs_them() -> None:
    sentence = found("Layers", student="resnet8-w16", terms=["at", "hint"]).sentence
    assert sentence == (
        "Attention transfer: 3 pairs of layers, whose shapes fit as they are. "
        "Hint (FitNets): 1 pair of layers, joined by 1x1 convolution 32 → 96."
    )
    vid = found("Layers", student="resnet8-w16", terms=["vid"]).sentence
    assert vid.startswith("Variational information (VID): 3 pairs of layers, joined by ")
    assert "Layers" not in [each.about for each in told(QUICKSTART.changed({"terms": {"at": 0}}))]


@pytest.mark.parametrize(("optimiser", "numbers"), [("sgd", 3), ("adamw", 4)])
def test_memory_counts_weights_gradients_and_what_the_optimiser_keeps(optimiser: str, numbers: int) -> None:
    student = parameters(models.build("resnet8-w8", channels=1, classes=10, seed=0, size=(28, 28)))
    sentence = found("Memory", student="resnet8-w8", optimiser=optimiser).sentence
    assert f"take {4 * numbers * student / 1000:.0f} kB" in sentence
    assert f"answers {4 * 8000 * 10 * QUICKSTART.augmentation.draws / 1000:.0f} kB" in sentence


def test_without_a_teacher_there_is_nothing_to_say_of_one_and_of_what_is_nowhere_nothing_at_all(tmp_path: Path) -> None:
    assert [each.about for each in told(load("teacher"))] == ["Memory"]
    assert told(QUICKSTART.changed({"dataset": "folder", "data_folder": str(tmp_path / "none")})) == []
