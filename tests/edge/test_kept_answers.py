"""Models asked about a whole test split, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from distill_core.cards import ModelCard, read_card, write_model
from distill_core.config import DistillConfig
from distill_core.edge import jobs, worker
from distill_core.edge.kept_answers import _file, keep_answers, kept_answers
from distill_core.errors import ConfigError
from distill_core.task import task_named
from distill_core.vision import models

CONFIG = DistillConfig.parse({"dataset": "digits", "teacher": None, "baseline": False})


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    card = ModelCard(
        task="vision", architecture="resnet8-w2", classes=tuple("0123456789"), input_shape=(1, 8, 8), mean=(0.3,),
        std=(0.3,), dataset="digits", parameters=1384,
    )  # fmt: skip
    for seed in (0, 1):
        write_model(tmp_path / str(seed), card, models.build("resnet8-w2", 1, 10, seed, (8, 8)).state_dict())
    return [tmp_path / "0", tmp_path / "1"]


@pytest.fixture
def digits(tmp_path: Path) -> str:
    return task_named("vision").load_data(CONFIG, tmp_path).facts.sha256


def test_answers_are_kept_by_the_weights_and_the_data(folders: list[Path], digits: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    keep_answers(folders, CONFIG, digits, home)
    first, second = (kept_answers(read_card(folder).weights_sha256, digits, home) for folder in folders)
    assert first is not None
    assert second is not None
    assert len(first) == len(second) == 359
    assert (first != second).any()
    assert kept_answers(read_card(folders[0]).weights_sha256, "0" * 64, home) is None
    kept = _file(read_card(folders[0]).weights_sha256, digits, home)
    np.save(kept, np.zeros(359, np.int32))
    keep_answers(folders, CONFIG, digits, home)
    assert not np.load(kept).any(), "nobody is asked twice"
    kept.write_bytes(b"damaged")
    assert kept_answers(read_card(folders[0]).weights_sha256, digits, home) is None


def test_data_that_has_changed_since_is_refused(folders: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not what it was when these runs were scored"):
        keep_answers(folders, CONFIG, "0" * 64, tmp_path)


def test_the_worker_knows_the_job(folders: list[Path], digits: str, tmp_path: Path) -> None:
    asked = {"job": "answers", "folders": [str(folders[0])], "config": CONFIG.model_dump(mode="json")}
    assert worker.answer({**asked, "data_sha256": digits, "home": str(tmp_path)}) == {}
    assert kept_answers(read_card(folders[0]).weights_sha256, digits, tmp_path) is not None


@pytest.mark.slow
def test_a_process_of_its_own_keeps_the_same_answers(folders: list[Path], digits: str, tmp_path: Path) -> None:
    keep_answers(folders, CONFIG, digits, tmp_path / "here")
    jobs.ask_models(folders, CONFIG, digits, home=tmp_path / "there")
    for folder in folders:
        sha256 = read_card(folder).weights_sha256
        here, there = (kept_answers(sha256, digits, tmp_path / each) for each in ("here", "there"))
        assert here is not None
        assert there is not None
        assert (here == there).mean() > 0.99
