"""What is made for trying a run's models: the teacher's file and a few test images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from distill_core.cards import ModelCard, write_model
from distill_core.edge.asking import Classifier
from distill_core.edge.report import facts_of
from distill_core.edge.tryout import export_teacher, keep_test_images
from distill_core.errors import ConfigError
from distill_core.presets import load
from distill_core.task import task_named

CLASSES = tuple(str(digit) for digit in range(10))


def saved(folder: Path, architecture: str, shape: tuple[int, ...], mean: float, classes: tuple[str, ...]) -> ModelCard:
    card = ModelCard(
        task="vision", architecture=architecture, classes=classes, input_shape=shape, mean=(mean,), std=(0.5,),
        dataset="digits", parameters=1,
    )  # fmt: skip
    model = task_named("vision").build(architecture, facts_of(card), seed=0)
    return write_model(folder, card, model.state_dict())


@pytest.mark.slow
def test_a_teachers_file_takes_its_own_inputs_and_not_the_students(tmp_path: Path) -> None:
    saved(tmp_path / "student", "resnet8-w2", (1, 8, 8), 0.3, CLASSES)
    saved(tmp_path / "teacher", "resnet8-w2", (1, 12, 12), 0.7, CLASSES)
    export_teacher(str(tmp_path / "teacher"), tmp_path / "student", tmp_path / "teacher.onnx")
    asked = Classifier(tmp_path / "teacher.onnx")
    assert (asked.takes.input_shape, asked.takes.mean) == ((1, 12, 12), (0.7,))
    assert asked.logits(np.zeros((2, 1, 8, 8), np.uint8)).shape == (2, 10)


def test_a_teacher_of_other_classes_is_refused_in_words(tmp_path: Path) -> None:
    saved(tmp_path / "student", "resnet8-w2", (1, 8, 8), 0.3, CLASSES)
    saved(tmp_path / "teacher", "resnet8-w2", (1, 8, 8), 0.3, ("cat", "dog"))
    with pytest.raises(ConfigError, match="has 10 classes"):
        export_teacher(str(tmp_path / "teacher"), tmp_path / "student", tmp_path / "teacher.onnx")


def test_test_images_are_kept_spread_over_the_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill_core.edge.tryout.MOST_IMAGES", 50)
    config = load("quickstart")
    report = keep_test_images(config, tmp_path / "test.npz", tmp_path)
    assert report == {"images": 50, "of": 4000}
    kept, test = np.load(tmp_path / "test.npz"), task_named("vision").load_data(config, tmp_path).test
    assert kept["places"][[0, 1, -1]].tolist() == [0, 80, 3920]
    np.testing.assert_array_equal(kept["images"], test.inputs.numpy()[kept["places"]])
    np.testing.assert_array_equal(kept["labels"], test.labels.numpy()[kept["places"]])
