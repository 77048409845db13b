from __future__ import annotations

from pathlib import Path

import pytest

from distill_core import DistillConfig
from distill_core.errors import ConfigError
from distill_core.runs.preflight import inspect


def test_with_a_lent_classifier_the_deployed_student_is_what_is_counted_and_measured(tmp_path: Path) -> None:
    plain = DistillConfig(student="resnet8-w4", label_budget=50)
    lent = plain.changed({"terms": ["simkd"]})
    alone, wearing = inspect(plain, tmp_path), inspect(lent, tmp_path)
    assert alone.student_architecture == "resnet8-w4"
    assert wearing.student_architecture == "resnet8-w4>vgg8-w48"
    assert wearing.student_parameters > alone.student_parameters


def test_layers_that_cannot_be_paired_are_found_before_anything_is_trained(tmp_path: Path) -> None:
    config = DistillConfig(terms=[{"loss": "hint", "layers": [["stage1", "nowhere"]]}])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="teacher layer: 'nowhere' is not known"):
        inspect(config, tmp_path)


def test_a_phase_of_classes_that_no_label_shows_is_found_before_the_baseline_trains(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("image,label\n0,0\n1,1\n")
    phases = [{"name": "distil", "share": 0.5}, {"name": "tune", "share": 0.5, "pool": "classes", "classes": [7]}]
    config = DistillConfig(labels_file=str(labels)).changed({"phases": phases})
    with pytest.raises(ConfigError, match=r"baseline: phase 'tune' has no images.*baseline=false"):
        inspect(config, tmp_path)
    inspect(config.changed({"baseline": False}), tmp_path)
