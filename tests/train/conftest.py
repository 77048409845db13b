from __future__ import annotations

from pathlib import Path

import pytest

from distill_core import DistillConfig, distill


def trained(folder: Path, **settings: object) -> str:
    """A real teacher of the digits, trained in seconds; returns its folder."""
    config = DistillConfig.parse(
        {
            "teacher": None,
            "student": "resnet8-w8",
            "dataset": "digits",
            "phases": [{"name": "train", "share": 1}],
            "training": {"epochs": 4, "batch_size": 32},
            "augmentation": {"crop_padding": 1, "flip": False},
            "hardware": {"threads": 1},
        }
    ).changed(settings)
    result = distill(config, folder=folder)
    assert result.student is not None
    assert result.student.accuracy > 0.8
    return str(folder / "best")


@pytest.fixture(scope="session")
def digits_teacher(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small ResNet."""
    return trained(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="session")
def vit_teacher(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small ViT."""
    return trained(
        tmp_path_factory.mktemp("vit"),
        student="vit-64x2-p2",
        optimiser="adamw",
        learning_rate=0.001,
        crop_padding=0,
        epochs=12,
    )


@pytest.fixture
def kd_config(tiny_config: DistillConfig, digits_teacher: str) -> DistillConfig:
    return tiny_config.changed({"teacher": digits_teacher, "label_budget": 50})
