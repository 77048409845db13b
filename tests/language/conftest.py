"""A small data set of skills and an untrained teacher, for runs that take a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from distill_core.cards import ModelCard, write_model
from distill_core.config import DistillConfig
from distill_core.language import data as language_data
from distill_core.language import models
from distill_core.task import Data

ARCHITECTURE = "gpt-1x32"


@pytest.fixture(scope="session")
def small_skills() -> Data:
    return language_data._skills.__wrapped__("skills", 240, 0)


@pytest.fixture
def skills(small_skills: Data, monkeypatch: pytest.MonkeyPatch) -> Data:
    """What `load` gives in this test, whatever it is asked for."""
    few = small_skills.test.kinds != language_data.BEYOND
    chosen = few.nonzero().flatten()[::25]
    test = type(small_skills.test)(*(part[chosen] for part in vars(small_skills.test).values()))
    validation = type(test)(*(part[:40] for part in vars(small_skills.validation).values()))
    small = Data(small_skills.facts, small_skills.train, validation, test)
    monkeypatch.setattr(language_data, "load", lambda *_: small)
    return small


@pytest.fixture
def teacher_folder(tmp_path: Path, small_skills: Data) -> str:
    facts = small_skills.facts
    card = ModelCard(
        task="language",
        architecture=ARCHITECTURE,
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=(),
        std=(),
        dataset="skills",
        parameters=models.count_parameters(ARCHITECTURE, len(facts.classes)),
    )
    state = models.build(ARCHITECTURE, len(facts.classes), 5).state_dict()
    state["norm.weight"] *= 12  # so that it is sure of something
    write_model(tmp_path / "teacher", card, state)
    return str(tmp_path / "teacher")


@pytest.fixture
def config(teacher_folder: str) -> DistillConfig:
    return DistillConfig.parse(
        {
            "task": "language",
            "teacher": teacher_folder,
            "student": ARCHITECTURE,
            "dataset": "skills",
            "label_budget": 60,
            "baseline": False,
            "objective": {"temperature": 2.0, "alpha": 0.5},
            "training": {"epochs": 2, "batch_size": 24},
            "optimiser": {"optimiser": "adamw", "learning_rate": 0.003},
            "augmentation": {"crop_padding": 0, "flip": False, "draws": 1},
        }
    )
