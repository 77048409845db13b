"""The report of a teacher: measured once on the test split, kept, and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from distill_core.cards import ModelCard, write_model
from distill_core.config import DistillConfig
from distill_core.edge import jobs, worker
from distill_core.edge.report import Report, kept_report, make_report, measured
from distill_core.vision import models

DIGITS = tuple("0123456789")
CONFIG = DistillConfig.parse({"dataset": "digits", "teacher": None, "baseline": False})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    card = ModelCard(
        task="vision",
        architecture="resnet8-w2",
        classes=DIGITS,
        input_shape=(1, 8, 8),
        mean=(0.3,),
        std=(0.3,),
        dataset="digits",
        parameters=1384,
    )
    write_model(tmp_path / "model", card, models.build("resnet8-w2", 1, 10, 0, (8, 8)).state_dict())
    return tmp_path / "model"


def test_answers_become_figures_that_agree_with_each_other() -> None:
    card = ModelCard(
        task="vision", architecture="a", classes=("x", "y", "z"), input_shape=(1, 8, 8), mean=(0.0,), std=(1.0,),
        dataset="digits", parameters=1, weights_sha256="w",
    )  # fmt: skip
    logits = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    found = measured(logits, np.array([0, 0, 0, 1]), card, CONFIG, "d")
    assert found.accuracy == 0.75
    assert found.recall == (2 / 3, 1.0, None), "no image shows z"
    sure = float(np.exp(3) / (np.exp(3) + 2))
    assert found.calibration_error == pytest.approx(sure - 0.75)
    assert found.entropy[4.0] > found.entropy[1.0] > 0
    assert Report.from_dict(found.to_dict()) == found


def test_a_report_is_kept_for_these_weights_on_this_data(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found = make_report(folder, CONFIG, home)
    assert sum(map(sum, found.confusion)) == found.inputs == 359
    right = sum(found.confusion[place][place] for place in range(10))
    assert found.accuracy == pytest.approx(right / 359)
    assert kept_report(found.weights_sha256, CONFIG, home) == found
    assert kept_report("0" * 64, CONFIG, home) is None
    assert kept_report(found.weights_sha256, CONFIG.changed({"dataset": "mnist"}), home) is None
    (path,) = (home / "cache" / "reports").iterdir()
    path.write_text('{"version": 1, "source": ')
    assert kept_report(found.weights_sha256, CONFIG, home) is None, "a damaged one counts as none"


def test_images_of_other_classes_are_refused(folder: Path, tmp_path: Path) -> None:
    other = CONFIG.changed({"dataset": "fashion-mnist-mini"})
    asked = {"job": "report", "folder": str(folder), "config": other.model_dump(mode="json"), "home": str(tmp_path)}
    answer = worker.answer(asked)
    assert answer["kind"] == "ConfigError"
    assert answer["error"].startswith("The model knows 10 classes (0, ...), but fashion-mnist-mini has 10 (T-shirt/top")


@pytest.mark.slow
def test_a_process_of_its_own_makes_the_same_report(folder: Path, tmp_path: Path) -> None:
    here = make_report(folder, CONFIG, tmp_path / "here")
    there = Report.from_dict(jobs.report_model(folder, CONFIG, home=tmp_path / "there"))
    assert there.confusion == here.confusion
    assert there.calibration_error == pytest.approx(here.calibration_error, abs=1e-4)
    assert kept_report(here.weights_sha256, CONFIG, tmp_path / "there") == there
