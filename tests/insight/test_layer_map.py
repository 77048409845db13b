"""The layer map shown before a run is the one that the run uses."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.insight.layer_map import layer_map, layer_names, refusal_of_pair
from distill_core.losses.registry import LOSSES
from distill_core.mapping.connectors import parameters
from distill_core.presets import load


def run_with(*terms: Any, **settings: Any) -> DistillConfig:
    return load("quickstart").changed({"student": "resnet8-w16", "terms": list(terms), **settings})


def test_a_pair_says_its_shapes_its_connector_and_why() -> None:
    found = layer_map(run_with("hint"), "hint")
    (pair,) = found.pairs
    assert (pair.student, pair.teacher) == ("stage2.block1", "stage2.block2")
    assert (pair.student_shape, pair.teacher_shape) == ("32 channels of 14x14", "96 channels of 14x14")
    assert pair.connector == "1x1 convolution 32 -> 96"
    assert pair.parameters == found.parameters == parameters((32, 14, 14), (96, 14, 14))
    assert "same stride 2" in pair.reason


@pytest.mark.parametrize(
    "loss", [name for name, info in LOSSES.items() if info.layers not in ("none", "attention", "projections")]
)
def test_every_method_between_layers_has_pairs_and_counts_what_it_trains(loss: str) -> None:
    found = layer_map(run_with(loss, student="resnet8-w4"), loss)
    assert found.pairs
    assert all(pair.connector and pair.reason for pair in found.pairs)
    assert sum(pair.parameters for pair in found.pairs) <= found.parameters
    if not LOSSES[loss].connects:
        assert not any("widened" in pair.reason for pair in found.pairs), "nothing widens what has no connector"


def test_the_pairs_are_those_of_the_run() -> None:
    from distill_core.mapping.layers import list_layers
    from distill_core.mapping.suggest import suggest
    from distill_core.task import task_named

    task = task_named("vision")
    config = run_with("at")
    facts = task.load_data(config, None).facts  # type: ignore[arg-type]
    student = list_layers(task.build(config.student, facts, 0), task.example(facts))
    teacher = list_layers(task.load_teacher("vgg8-fashion", facts)[0], task.example(facts))
    expected = [(pair.student, pair.teacher) for pair in suggest(student, teacher)]
    assert [(pair.student, pair.teacher) for pair in layer_map(config, "at").pairs] == expected


def test_a_map_that_cannot_be_is_refused_with_its_reason() -> None:
    with pytest.raises(ConfigError, match="no layers of equal shape"):
        layer_map(run_with({"loss": "at", "layers": "direct"}), "at")
    with pytest.raises(ConfigError, match="attention probabilities"):
        layer_map(run_with("vit-attention"), "vit-attention")
    with pytest.raises(ConfigError, match="needs a teacher"):
        layer_map(load("quickstart").changed({"teacher": None}), "at")


def test_pairs_by_hand_choose_from_the_ends_of_blocks() -> None:
    names = layer_names(run_with())
    assert names.student["stage2.block1"] == "32 channels of 14x14"
    assert set(names.teacher) >= {"stage1.block2", "stage2.block2", "stage3.block2"}
    assert "classifier" not in names.student


def test_a_pair_by_hand_is_checked_alone() -> None:
    config = run_with({"loss": "hint", "layers": [["stage9", "nowhere"]]})
    assert refusal_of_pair(config, "hint", "stage1.block1", "stage3.block2") is None
    refusal = refusal_of_pair(config, "hint", "stage1.block1", "classifier")
    assert refusal is not None
    assert "gives the answers" in refusal


def test_a_lent_classifier_changes_the_students_layers() -> None:
    (pair,) = layer_map(run_with("simkd"), "simkd").pairs
    assert pair.student == "projector"
    alone, lent = layer_names(run_with()).student, layer_names(run_with("simkd")).student
    assert set(alone) != set(lent)
    shown = {pair.student for pair in layer_map(run_with("at", "simkd"), "at").pairs}
    assert shown <= set(lent)


def test_a_classifier_of_texts_is_refused_in_a_sentence_before_it_is_lent() -> None:
    with pytest.raises(ConfigError, match="compares places of an image, and these inputs are texts"):
        layer_map(load("language-quick").changed({"terms": ["simkd"]}), "simkd")
