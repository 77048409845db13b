from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

import distill_core.task
from distill_core.cards import ModelCard, write_model
from distill_core.config import DistillConfig
from distill_core.edge import jobs, worker
from distill_core.errors import DataUnavailable
from distill_core.scoring import evaluate
from distill_core.task import Data, DataFacts, Split

FACTS = DataFacts("tiny-data", ("a", "b", "c"), (1, 8, 8), (0.5,), (0.25,), "")


def split(count: int, seed: int) -> Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 8, 8), dtype=torch.uint8, generator=generator)
    return Split(images, torch.randint(0, 3, (count,), generator=generator))


def normalised(images: torch.Tensor) -> torch.Tensor:
    return (images.float() / 255 - 0.5) / 0.25


class PlainFeed:
    def __init__(self, split: Split) -> None:
        self.split = split

    def plain(self, indices: torch.Tensor) -> torch.Tensor:
        return normalised(self.split.inputs[indices])


class TinyTask:
    name = "tiny"
    available = True
    network = None

    def build(self, architecture, facts, seed):
        return type(self).network(seed)

    def example(self, facts, batch=2):
        return torch.zeros(batch, *facts.input_shape)

    def load_data(self, config, home):
        if not self.available:
            raise DataUnavailable("tiny-data is not here.")
        return Data(FACTS, split(150, 0), split(10, 1), split(301, 2))

    def feed(self, split, facts, augmentation, device, channels_last):
        return PlainFeed(split)

    def score(self, model, feed, split):
        return evaluate(model, feed, split.labels)


@pytest.fixture
def request_to_export(tmp_path, monkeypatch, tiny_net):
    """A saved tiny model and the request to export it, for the worker in this process."""
    monkeypatch.setattr(TinyTask, "network", staticmethod(tiny_net))
    module = types.ModuleType("tiny_task_of_a_test")
    module.TinyTask = TinyTask
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(distill_core.task._TASKS, "tiny", f"{module.__name__}:TinyTask")
    card = ModelCard(
        task="tiny",
        architecture="tiny-net",
        classes=FACTS.classes,
        input_shape=FACTS.input_shape,
        mean=FACTS.mean,
        std=FACTS.std,
        dataset=FACTS.name,
        parameters=59,
        accuracy=0.5,
        provenance={"teacher_sha256": "beef"},
    )
    write_model(tmp_path / "best", card, tiny_net(seed=7).state_dict())
    config = tmp_path / "config.json"
    config.write_text(DistillConfig(teacher="a-teacher").to_json())
    return {
        "job": "export",
        "folder": str(tmp_path / "best"),
        "out": str(tmp_path / "model.onnx"),
        "config": str(config),
        "home": str(tmp_path),
    }


def test_the_exported_file_itself_is_scored_on_the_whole_test_split(request_to_export, tiny_net):
    response = worker.answer(request_to_export)
    test = split(301, 2)
    with torch.no_grad():
        expected = (tiny_net(seed=7)(normalised(test.inputs)).argmax(1) == test.labels).float().mean().item()
    assert response["test_accuracy"] == pytest.approx(expected)
    assert response["warnings"] == []
    json.dumps(response)


def test_real_training_inputs_are_kept_beside_the_file(request_to_export):
    response = worker.answer(request_to_export)
    images = np.load(response["images"])
    assert Path(response["images"]).name == "model.inputs.npy"
    assert images.shape == (64, 1, 8, 8)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0], normalised(split(150, 0).inputs[0]).numpy())


def test_the_file_says_what_it_is_and_how_it_was_made(request_to_export):
    worker.answer(request_to_export)
    metadata = ort.InferenceSession(request_to_export["out"]).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["class_names"]) == ["a", "b", "c"]
    assert (json.loads(metadata["mean"]), json.loads(metadata["std"])) == ([0.5], [0.25])
    assert (metadata["dataset"], metadata["architecture"]) == ("tiny-data", "tiny-net")
    assert (metadata["teacher"], metadata["teacher_sha256"], metadata["accuracy"]) == ("a-teacher", "beef", "0.5")
    assert json.loads(metadata["recipe"])["objective"]["temperature"] == 4.0
    assert metadata["version"] == distill_core.__version__


@pytest.mark.slow
def test_without_data_the_file_is_written_unscored_and_the_reason_is_given(request_to_export, monkeypatch):
    monkeypatch.setattr(TinyTask, "available", False)
    response = worker.answer(request_to_export)
    assert response["test_accuracy"] is None
    assert response["warnings"] == ["The exported file was not scored: tiny-data is not here."]
    assert Path(response["path"]).is_file()


def test_without_a_configuration_the_file_is_written_unscored(request_to_export):
    response = worker.answer({**request_to_export, "config": None})
    assert (response["test_accuracy"], response["images"], response["warnings"]) == (None, None, [])


def test_weights_that_do_not_fit_their_architecture_are_named(request_to_export, tmp_path):
    from distill_core.cards import read_card

    folder = tmp_path / "best"
    write_model(folder, read_card(folder), {"other": torch.zeros(1)})
    response = worker.answer(request_to_export)
    assert response["kind"] == "CheckpointError"
    assert "do not fit tiny-net" in response["error"]


@pytest.mark.slow
def test_a_vision_model_is_exported_scored_and_measured_on_its_own_images(tmp_path):
    from distill_core.task import task_named

    config = DistillConfig(dataset="digits", student="resnet8-w2", teacher=None)
    task = task_named("vision")
    facts = task.load_data(config, tmp_path).facts
    model = task.build("resnet8-w2", facts, seed=0)
    card = ModelCard(
        task="vision",
        architecture="resnet8-w2",
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=facts.mean,
        std=facts.std,
        dataset=facts.name,
        parameters=sum(each.numel() for each in model.parameters()),
    )
    write_model(tmp_path / "best", card, model.state_dict())
    (tmp_path / "config.json").write_text(config.to_json())
    exported = jobs.export_model(
        tmp_path / "best", tmp_path / "model.onnx", config_json=tmp_path / "config.json", home=tmp_path
    )
    assert 0 <= exported["test_accuracy"] <= 1
    assert jobs.measure_files({"student": tmp_path / "model.onnx"}, rounds=10)["inputs"] == "images"
