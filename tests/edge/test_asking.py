"""An exported classifier answers by its own description of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from distill_core.edge.asking import Classifier
from distill_core.errors import DistillError

SAID = {"mean": "[0.5]", "std": "[0.25]", "class_names": json.dumps(["a", "b", "c"])}
WEIGHTS = np.random.default_rng(0).standard_normal((64, 3)).astype(np.float32)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Linear, `[B, 1, 8, 8]` -> `[B, 3]`."""
    nodes = [helper.make_node("Flatten", ["input"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["logits"])]
    given = helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["batch", 1, 8, 8])
    gives = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [given], [gives], [onnx.numpy_helper.from_array(WEIGHTS, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, SAID)
    onnx.save(model, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_its_scores_are_the_models_on_normalised_images(exported: Path) -> None:
    asked = Classifier(exported)
    assert asked.classes == ("a", "b", "c")
    images = np.random.default_rng(1).integers(0, 256, (70, 1, 8, 8), dtype=np.uint8)
    expected = ((images / 255 - 0.5) / 0.25).reshape(70, 64) @ WEIGHTS
    np.testing.assert_allclose(asked.logits(images), expected, rtol=1e-3, atol=1e-3)
    answer = asked.answer(images[3])
    np.testing.assert_allclose(answer.logits, expected[3], rtol=1e-3, atol=1e-3)
    assert answer.cpu_ms > 0


def test_who_waits_no_more_ends_the_asking_between_batches(exported: Path) -> None:
    def gone() -> None:
        raise DistillError("gone")

    with pytest.raises(DistillError, match="gone"):
        Classifier(exported).logits(np.zeros((1, 1, 8, 8), np.uint8), gone)


def test_a_file_that_does_not_say_what_it_takes_is_refused(write_onnx: Callable[..., Path]) -> None:
    with pytest.raises(DistillError, match="does not say how its images are normalised"):
        Classifier(write_onnx("plain.onnx", ["batch", 1, 8, 8]))
