"""The table of damage as a job in a process of its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from distill_core import presets
from distill_core.cards import ModelCard, write_model
from distill_core.config import DistillConfig
from distill_core.edge import jobs, worker
from distill_core.errors import ConfigError
from distill_core.language import models
from distill_core.language.data import TOKENS
from distill_core.train.damage import Damage, damage


@pytest.fixture
def config(tmp_path: Path) -> DistillConfig:
    card = ModelCard(
        task="language",
        architecture="gpt-2x32",
        classes=TOKENS,
        input_shape=(8,),
        mean=(),
        std=(),
        dataset="skills",
        parameters=models.count_parameters("gpt-2x32", len(TOKENS)),
    )
    write_model(tmp_path / "small", card, models.build("gpt-2x32", len(TOKENS), 3).state_dict())
    settings = {"teacher": str(tmp_path / "small"), "student": "gpt-1x32", "begin_from": "teacher"}
    return presets.load("language-quick").changed(settings)


def test_a_student_that_cannot_begin_so_is_refused_in_the_engines_words(config: DistillConfig, tmp_path: Path) -> None:
    asked = {"job": "layers", "home": str(tmp_path), "config": config.changed({"student": "gpt-1x64"}).model_dump()}
    answer = worker.answer(asked)
    assert answer["kind"] == "ConfigError"
    assert answer["error"].startswith("begin_from: the student's width is 64 and the teacher's 32")


@pytest.mark.slow
def test_a_process_of_its_own_measures_what_this_one_does(config: DistillConfig, tmp_path: Path) -> None:
    found, here = Damage.from_dict(jobs.measure_layers(config, home=tmp_path)), damage(config, tmp_path)
    assert [row.blocks for row in found.rows] == [row.blocks for row in here.rows]
    assert [row.metrics for row in found.rows] == [row.metrics for row in here.rows]
    assert [row.kl for row in found.rows] == pytest.approx([row.kl for row in here.rows], rel=1e-3, abs=1e-6)
    assert asdict(found)["influence"] == pytest.approx(here.influence, rel=1e-3)
    with pytest.raises(ConfigError, match="the student's width is 64"):
        jobs.measure_layers(config.changed({"student": "gpt-1x64"}), home=tmp_path)
