"""An uploaded file on its way to becoming a teacher: by name, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from safetensors.torch import save

from distill_core.cards import read_card
from distill_core.config import DistillConfig
from distill_core.edge.admission import admit
from distill_core.errors import CheckpointError, ConfigError, StorageError
from distill_core.runs import uploaded_weights
from distill_core.task import task_named
from distill_core.vision import models

CONFIG = DistillConfig.parse({"dataset": "digits", "teacher": None, "baseline": False})


def checked(home: Path, payload: bytes | None = None) -> Path:
    payload = payload or save(models.build("resnet8-w2", 1, 10, 0, (8, 8)).state_dict())
    file = uploaded_weights.staged(payload, "mine.safetensors", home)
    admit(file, "resnet8-w2", CONFIG, uploaded_weights.model_of(file), home, called="mine.safetensors")
    return file


def test_a_kept_upload_can_teach_under_its_name(own_home: Path) -> None:
    file = checked(own_home)
    folder = uploaded_weights.keep(file, "my-teacher", own_home)
    assert folder == own_home / "teachers" / "my-teacher"
    assert not file.parent.exists(), "nothing is left of the upload"
    task = task_named("vision")
    model, card = task.load_teacher("my-teacher", task.load_data(CONFIG, own_home).facts)
    assert card == read_card(folder)
    assert sum(parameter.numel() for parameter in model.parameters()) == card.parameters


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("My Teacher", "small letters, digits and dashes"),
        ("../runs", "small letters, digits and dashes"),
        ("", "small letters, digits and dashes"),
        ("vgg8-fashion", "part of the workbench"),
        ("gpt-skills", "part of the workbench"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(name: str, sentence: str, own_home: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        uploaded_weights.check_name(name, own_home)


def test_a_taken_name_leaves_the_other_teacher_and_the_upload(own_home: Path) -> None:
    uploaded_weights.keep(checked(own_home), "taken", own_home)
    before = (own_home / "teachers" / "taken" / "card.json").read_bytes()
    file = checked(own_home)
    with pytest.raises(ConfigError, match="'taken' already"):
        uploaded_weights.keep(file, "taken", own_home)
    assert (own_home / "teachers" / "taken" / "card.json").read_bytes() == before
    assert uploaded_weights.keep(file, "free", own_home).is_dir()


def test_what_was_refused_cannot_be_kept(own_home: Path) -> None:
    with pytest.raises(CheckpointError):
        checked(own_home, b"nonsense")
    file = uploaded_weights.staged(b"nonsense", "mine.safetensors", own_home)
    with pytest.raises(StorageError, match="Upload the file again"):
        uploaded_weights.keep(file, "mine", own_home)
    assert not (own_home / "teachers").exists()


def test_a_file_of_another_kind_is_not_even_written(own_home: Path) -> None:
    with pytest.raises(ConfigError, match=r"only \.safetensors files are taken"):
        uploaded_weights.staged(b"x", "model.pt", own_home)
    assert not (own_home / "cache").exists()


def test_an_upload_that_nobody_kept_is_removed_by_a_later_one(own_home: Path) -> None:
    old, recent = (uploaded_weights.staged(each, "mine.safetensors", own_home) for each in (b"old", b"recent"))
    os.utime(old.parent, (0, 0))
    uploaded_weights.staged(b"new", "mine.safetensors", own_home)
    assert (old.exists(), recent.exists()) == (False, True)


def test_numbers_are_read_as_people_write_them() -> None:
    assert uploaded_weights.read_numbers("Mean", " 0.49, 0.48 ;0.45 ") == (0.49, 0.48, 0.45)
    assert uploaded_weights.read_numbers("Mean", "") == ()
    for text in ("half", "0.1, nan", "inf"):
        with pytest.raises(ConfigError, match="Mean: got"):
            uploaded_weights.read_numbers("Mean", text)


def test_two_attempts_with_the_same_bytes_do_not_share_a_place(own_home: Path) -> None:
    first, second = (uploaded_weights.staged(b"same", "mine.safetensors", own_home) for _ in range(2))
    uploaded_weights.discard(first)
    assert second.read_bytes() == b"same"
