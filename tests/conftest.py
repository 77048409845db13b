"""What many tests share: a home of their own, and the smallest real runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from distill_core.config import DistillConfig


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("DISTILL_HOME", str(home))
    monkeypatch.delenv("DISTILL_DATABASE", raising=False)
    return home


@pytest.fixture
def tiny_config() -> DistillConfig:
    """Labels only, on scikit-learn's digits: seconds on any machine."""
    return DistillConfig.parse(
        {
            "teacher": None,
            "student": "resnet8-w4",
            "dataset": "digits",
            "baseline": False,
            "training": {"epochs": 2, "batch_size": 32},
            "augmentation": {"crop_padding": 1, "flip": False, "draws": 2},
            "hardware": {"threads": 1},
        }
    )
