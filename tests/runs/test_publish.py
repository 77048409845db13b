from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from distill_core import presets
from distill_core.cards import ModelCard, read_card
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError, DistillError
from distill_core.runs.publish import portable, publish, retraining_command
from distill_core.runs.records import RunRecord

WEIGHTS = b"the weights"


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    folder = tmp_path / "runs" / "big-1a2b"
    (folder / "best").mkdir(parents=True)
    (folder / "best" / "weights.safetensors").write_bytes(WEIGHTS)
    card = ModelCard(
        task="vision",
        architecture="vgg8-w48",
        classes=("a", "b"),
        input_shape=(1, 28, 28),
        mean=(0.5,),
        std=(0.5,),
        dataset="fashion-mnist-rest",
        parameters=646_522,
        weights_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        accuracy=0.93,
        accuracy_on="10,000 test images of fashion-mnist-rest",
        labels_seen=45_000,
        provenance={"config": {"data_folder": str(tmp_path)}},
    )
    (folder / "best" / "card.json").write_text(card.model_dump_json())
    config = presets.load("teacher-vgg8").changed({"data_folder": str(tmp_path / "data"), "seed": 3})
    summary = {
        "student": {"validation_accuracy": 0.94, "best_epoch": 9},
        "data_sha256": "d" * 64,
        "seconds": 1800.0,
        "threads": 2,
        "versions": {"torch": "2.14.1"},
    }
    return RunRecord(
        id="big-1a2b", name="", role="run", status="finished", config=config, fingerprint=config.fingerprint(),
        baseline_id=None, created=1_790_000_000.0, started=None, ended=1_790_003_600.0, summary=summary, error=None,
        details=None, folder=folder, owner="",
    )  # fmt: skip


def test_a_published_teacher_has_the_same_weights_and_facts(record: RunRecord, tmp_path: Path):
    publish(record, "big", tmp_path / "out")
    card = read_card(tmp_path / "out")
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == WEIGHTS
    assert card.weights_sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert (card.architecture, card.accuracy, card.labels_seen) == ("vgg8-w48", 0.93, 45_000)


def test_the_card_says_how_to_make_the_weights_again(record: RunRecord, tmp_path: Path):
    said = publish(record, "big", tmp_path / "out").provenance
    assert said["command"] == "python -m distill_core run --preset teacher-vgg8 --set seed=3"
    assert said["seed"] == 3
    assert said["data_sha256"] == "d" * 64
    assert said["accuracy_on"] == "10,000 test images of fashion-mnist-rest"
    assert said["versions"] == {"torch": "2.14.1"}
    assert said["date"] == "2026-09-21"


def test_the_command_rebuilds_the_very_configuration(record: RunRecord):
    import shlex

    from distill_core.config import read_setting

    words = shlex.split(retraining_command(portable(record.config)))
    settings = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
    rebuilt = presets.load(words[words.index("--preset") + 1]).changed(dict(map(read_setting, settings)))
    assert rebuilt.fingerprint() == portable(record.config).fingerprint()


def test_the_card_holds_no_path_of_this_machine(record: RunRecord, tmp_path: Path):
    own = DistillConfig(dataset="folder", data_folder=str(tmp_path / "cats"), teacher=str(tmp_path / "runs/x-1/best"))
    for each in (record, dataclasses.replace(record, config=own)):
        publish(each, "big", tmp_path / "out", replace=True)
        text = (tmp_path / "out" / "card.json").read_text()
        assert str(tmp_path) not in text
        assert '"/' not in text
    assert json.loads(text)["provenance"]["teacher"] == "x-1/best"


def test_a_teacher_that_stays_here_keeps_where_its_own_images_are(record: RunRecord, tmp_path: Path):
    own = DistillConfig(dataset="folder", data_folder=str(tmp_path / "cats"), teacher=None)
    made = publish(dataclasses.replace(record, config=own), "big", tmp_path / "out", stays=True)
    assert made.provenance["data_here"] == str(tmp_path / "cats")
    assert made.provenance["config"]["data_folder"] == "cats"
    assert "data_here" not in publish(record, "big", tmp_path / "other", stays=True).provenance


def test_a_teacher_that_is_there_is_not_replaced_unasked(record: RunRecord, tmp_path: Path):
    publish(record, "big", tmp_path / "out")
    with pytest.raises(ConfigError, match="--replace"):
        publish(record, "big", tmp_path / "out")
    publish(record, "big", tmp_path / "out", replace=True)


def test_a_run_that_is_not_finished_is_refused(record: RunRecord, tmp_path: Path):
    with pytest.raises(DistillError, match="is stopped; only a finished run"):
        publish(dataclasses.replace(record, status="stopped"), "big", tmp_path / "out")


def test_a_name_that_is_no_name_is_refused(record: RunRecord, tmp_path: Path):
    with pytest.raises(ConfigError, match="small letters"):
        publish(record, "../big", tmp_path / "out")


def test_damaged_weights_are_not_published(record: RunRecord, tmp_path: Path):
    (record.folder / "best" / "weights.safetensors").write_bytes(b"other")
    with pytest.raises(CheckpointError, match="SHA-256"):
        publish(record, "big", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_whose_layers_the_weights_began_with_is_said_without_a_path(record: RunRecord, tmp_path: Path):
    begun = presets.load("teacher-gpt").changed({"begin_from": str(tmp_path / "runs" / "old-1a2b" / "best")})
    card = read_card(record.folder / "best")
    beginning = {
        "model": str(tmp_path),
        "blocks": [1, 4],
        "influence": [0.8, 0.1, 0.1, 0.2],
        "weights_sha256": "a" * 64,
    }
    card = card.model_copy(update={"provenance": {"beginning": beginning}})
    (record.folder / "best" / "card.json").write_text(card.model_dump_json())
    said = publish(dataclasses.replace(record, config=begun), "big", tmp_path / "out").provenance
    assert str(tmp_path) not in json.dumps(said)
    assert said["beginning"]["blocks"] == [1, 4]
    assert said["beginning"]["weights_sha256"] == "a" * 64
    assert said["beginning"]["model"].startswith("old-1a2b")
    assert "begin_from=old-1a2b" in said["command"]


def test_a_hugging_face_model_is_named_without_the_folder_it_lies_in() -> None:
    settings = {"teacher": "hf:/models/tiny", "student": "hf:/models/tiny:2", "begin_from": "hf:owner/name"}
    config = DistillConfig.parse({"task": "language", "dataset": "jsonl", "data_folder": "/texts/a.jsonl", **settings})
    found = portable(config)
    assert (found.teacher, found.student, found.begin_from) == ("hf:tiny", "hf:tiny:2", "hf:owner/name")
    assert found.data_folder == "a.jsonl"


def test_own_weights_are_named_without_their_folder() -> None:
    settings = {"student": "/home/me/s.safetensors@resnet8-w4", "teacher": "~/t.safetensors@torchvision/resnet18"}
    found = portable(presets.load("quickstart").changed(settings))
    assert (found.student, found.teacher) == ("s.safetensors@resnet8-w4", "t.safetensors@torchvision/resnet18")
