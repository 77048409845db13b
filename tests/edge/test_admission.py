"""Weights that come as a file: what is refused, in which words, and what becomes of sound ones."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from distill_core.cards import read_card
from distill_core.config import DistillConfig
from distill_core.edge.admission import _under_other_names, admit
from distill_core.errors import CheckpointError, ConfigError
from distill_core.vision import models

CONFIG = DistillConfig.parse({"dataset": "digits", "teacher": None, "baseline": False})


def weights(architecture: str = "resnet8-w2", classes: int = 10) -> dict[str, torch.Tensor]:
    return models.build(architecture, 1, classes, 0, (8, 8)).state_dict()


@pytest.fixture
def admitted(tmp_path: Path) -> Any:
    def admit_these(state: dict[str, torch.Tensor] | bytes, architecture: str = "resnet8-w2", **more: Any) -> Any:
        file = tmp_path / "upload.safetensors"
        file.write_bytes(state) if isinstance(state, bytes) else save_file(state, file)
        return admit(file, architecture, CONFIG, tmp_path / "model", tmp_path, called="mine.safetensors", **more)

    return admit_these


def test_sound_weights_become_a_model_with_the_data_sets_classes_and_normalisation(
    admitted: Any, tmp_path: Path
) -> None:
    answer = admitted(weights())
    card = read_card(tmp_path / "model")
    assert card.classes == tuple("0123456789")
    assert card.input_shape == (1, 8, 8)
    assert len(card.mean) == len(card.std) == 1
    assert card.accuracy == answer["accuracy"]
    assert card.accuracy_on == "360 validation images of digits"
    assert card.provenance["uploaded"] == "mine.safetensors"
    assert answer["likeliest"] >= answer["accuracy"]


def test_a_normalisation_that_is_given_is_the_models(admitted: Any, tmp_path: Path) -> None:
    usual = admitted(weights())["accuracy"]
    other = admitted(weights(), mean=(0.9,), std=(0.01,))["accuracy"]
    assert (read_card(tmp_path / "model").mean, read_card(tmp_path / "model").std) == ((0.9,), (0.01,))
    assert other != usual, "it is scored with it, too"


@pytest.mark.parametrize(
    ("state", "more", "kind", "sentence"),
    [
        (pickle.dumps({"a": 1}), {}, CheckpointError, "mine.safetensors is not a whole safetensors file"),
        (b"\x08", {}, CheckpointError, "is not a whole safetensors file"),
        (weights("resnet8-w4"), {}, CheckpointError, "do not fit resnet8-w2 for digits: .* of another size"),
        (weights(classes=7), {}, CheckpointError, "has 7 outputs, and 10 are needed"),
        (
            weights() | {"classifier.bias": torch.full((10,), float("nan"))},
            {},
            CheckpointError,
            "'classifier.bias' in mine.safetensors holds 10 numbers that are not finite",
        ),
        (weights(), {"architecture": "resnet8"}, ConfigError, "^architecture: 'resnet8' is not known"),
        (weights(), {"architecture": "os:system"}, ConfigError, "brings weights or code of its own"),
        (weights(), {"mean": (0.1, 0.2, 0.3)}, ConfigError, "The mean has 3 numbers, but digits has 1 channel"),
        (weights(), {"std": (0.0,)}, ConfigError, "A standard deviation must be above 0; got 0"),
    ],
)
def test_what_cannot_be_a_teacher_is_refused_in_a_sentence_and_leaves_nothing(
    state: Any, more: dict[str, Any], kind: type[Exception], sentence: str, admitted: Any, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=sentence):
        admitted(state, **more)
    assert not (tmp_path / "model").exists()


def test_outputs_in_another_order_are_found_out() -> None:
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert _under_other_names(labels, (labels + 1) % 3) == 1.0
    assert _under_other_names(labels, torch.zeros(6, dtype=torch.int64)) == pytest.approx(1 / 3)
