"""Runs that begin with the weights of another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, load_file, save_file

from distill_core import distill
from distill_core.cards import read_card
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError, DistillError
from distill_core.events import Evaluated
from distill_core.insight.settings import differences
from distill_core.runs.fork import Point, fork, forked_at, points, why_not
from distill_core.runs.records import RunRecord
from distill_core.runs.saved_state import progress_in, taken_out
from distill_core.runs.store import Store
from distill_core.task import DataFacts, task_named
from distill_core.train.checkpoint import save_checkpoint
from distill_core.train.control import RunControl
from distill_core.vision.models.saved import classes_of

VALUES = {"step": 1200, "best_epoch": 3, "best_accuracy": 0.841, "last_accuracy": 0.8}


@pytest.fixture
def stopped(store: Store) -> RunRecord:
    """A run that was stopped at step 1,200, of a student whose latest weights and best ones differ."""
    run_id = store.create(DistillConfig(student="resnet8-w4", label_budget=400), name="try")
    store.set_status(run_id, "stopped")
    record = store.get(run_id)
    latest, best = (
        task_named("vision").build("resnet8-w4", DataFacts("x", ("a", "b"), (1, 8, 8), (), (), ""), seed).state_dict()
        for seed in (1, 2)
    )
    tensors = {f"student/{name}": value for name, value in latest.items()}
    tensors |= {f"best/{name}": value for name, value in best.items()} | {"rng": torch.get_rng_state()}
    save_checkpoint(record.folder, tensors, VALUES)
    return record


def states_of(record: RunRecord) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    tensors = load_file(record.folder / "checkpoint" / "state.safetensors")
    latest, best = (
        {name.removeprefix(f"{which}/"): value for name, value in tensors.items() if name.startswith(f"{which}/")}
        for which in ("student", "best")
    )
    return latest, best


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


def test_the_latest_and_the_best_weights_are_offered(stopped: RunRecord) -> None:
    assert [point.said for point in points(stopped)] == [
        "Latest: step 1,200",
        "Best on validation: epoch 3, 84.1%",
    ]
    assert why_not(stopped) is None


def test_weights_are_taken_out_of_a_checkpoint_number_by_number(stopped: RunRecord) -> None:
    path = stopped.folder / "checkpoint" / "state.safetensors"
    assert progress_in(path) == VALUES
    for prefix, wanted in zip(("student", "best"), states_of(stopped), strict=True):
        payload, numbers, values = taken_out(path, prefix)
        assert equal(load(payload), wanted)
        assert numbers == sum(value.numel() for value in wanted.values())
        assert values == VALUES


def test_a_fork_begins_with_a_copy_and_differs_where_it_should(stopped: RunRecord, own_home: Path) -> None:
    latest, best = points(stopped)
    config = fork(stopped, latest, own_home, {"temperature": 8.0, "alpha": 0.5, "learning_rate": 0.01, "epochs": 3})
    file, _, architecture = config.student.rpartition("@")
    assert architecture == "resnet8-w4"
    assert equal(load_file(file), states_of(stopped)[0])
    tag = stopped.id[-4:]
    assert Path(file) == own_home / "forks" / stopped.id / f"{tag}-step-1200.safetensors"
    assert config.name == f"fork of {tag} at step 1,200, T 8, alpha 0.5, epochs 3, learning rate 0.01"
    assert (config.objective.temperature, config.objective.alpha) == (8.0, 0.5)
    assert (config.optimiser.learning_rate, config.training.epochs) == (0.01, 3)
    changed = differences([stopped.config, config])
    assert set(changed) == {"student", "temperature", "alpha", "learning_rate", "epochs"}
    assert config.baseline_config().student == config.student
    again = fork(replace(stopped, config=config), best, own_home, {})
    assert again.student.endswith("-epoch-3.safetensors@resnet8-w4"), "a fork of a fork names one file"
    assert equal(load_file(again.student.rpartition("@")[0]), states_of(stopped)[1])


def test_weights_that_an_earlier_fork_needs_are_not_written_over(stopped: RunRecord, own_home: Path) -> None:
    first, again = (fork(stopped, points(stopped)[0], own_home, {}).student for _ in range(2))
    assert first == again
    tensors = load_file(stopped.folder / "checkpoint" / "state.safetensors")
    save_checkpoint(stopped.folder, {name: value + 1 for name, value in tensors.items()}, VALUES)
    other = fork(stopped, points(stopped)[0], own_home, {}).student
    assert other.endswith("-step-1200-2.safetensors@resnet8-w4")
    assert not equal(*(load_file(each.rpartition("@")[0]) for each in (first, other)))


def test_a_run_knows_the_steps_from_which_others_began(stopped: RunRecord, own_home: Path) -> None:
    assert forked_at(stopped, own_home, 125) == []
    for point in points(stopped):
        fork(stopped, point, own_home, {"temperature": 2.0})
    assert forked_at(stopped, own_home, 125) == [3 * 125, 1200]


def test_a_forks_file_says_its_classes_so_that_nothing_is_taken_for_granted(stopped: RunRecord, own_home: Path) -> None:
    config = fork(stopped, points(stopped)[0], own_home, {})
    file = config.student.rpartition("@")[0]
    known = task_named("vision").foreseen(stopped.config).facts(stopped.config.dataset).classes
    assert classes_of(file) == known
    assert len(known) == 10


def test_a_forks_file_stays_until_the_last_run_that_begins_with_it_is_deleted_for_good(
    stopped: RunRecord, store: Store
) -> None:
    config = fork(stopped, points(stopped)[0], store.home, {})
    file = Path(config.student.rpartition("@")[0])
    first, second = (store.create(each) for each in (config, config.changed({"temperature": 9})))
    baseline = store.create(config.baseline_config(), role="baseline", parent=first)
    other = store.create(fork(stopped, points(stopped)[1], store.home, {}))
    for run_id in (first, second, baseline, other):
        store.set_status(run_id, "stopped")
    store.delete(first)
    store.remarks.put_aside(second)
    assert store.purge() == []
    assert file.is_file(), "the second can still be brought back"
    assert store.purge(seconds=-1) == [second]
    assert not file.exists(), "a baseline alone is no reason"
    assert len(list(file.parent.iterdir())) == 1, "the other fork's file stays"
    store.delete(other)
    assert not file.parent.exists()


def test_a_file_that_a_study_names_stays(stopped: RunRecord, store: Store) -> None:
    config = fork(stopped, points(stopped)[0], store.home, {})
    (store.home / "studies").mkdir()
    (store.home / "studies" / "sizes.json").write_text(config.to_json())
    run_id = store.create(config)
    store.set_status(run_id, "stopped")
    store.delete(run_id)
    assert Path(config.student.rpartition("@")[0]).is_file()


def test_a_run_that_was_deleted_meanwhile_cannot_be_forked(stopped: RunRecord, store: Store) -> None:
    store.remarks.put_aside(stopped.id)
    with pytest.raises(DistillError, match="deleted meanwhile"):
        fork(store.get(stopped.id), points(stopped)[0], store.home, {})


def test_a_wrong_setting_writes_nothing(stopped: RunRecord, own_home: Path) -> None:
    with pytest.raises(ConfigError, match="alpha"):
        fork(stopped, points(stopped)[0], own_home, {"alpha": 3.0})
    assert not (own_home / "forks").exists()


def test_where_there_is_nothing_to_begin_with_it_says_what_to_do(stopped: RunRecord, tmp_path: Path) -> None:
    assert "Pause the run first" in (why_not(replace(stopped, status="running")) or "")
    assert why_not(replace(stopped, status="paused")) is None
    assert "Resume it first" in (why_not(replace(stopped, folder=tmp_path)) or "")
    assert "pause it then" in (why_not(replace(stopped, folder=tmp_path, status="paused")) or "")
    lent = stopped.config.changed({"terms": ["simkd"]})
    assert "classifier" in (why_not(replace(stopped, config=lent)) or "")
    with pytest.raises(DistillError, match="Pause the run first"):
        fork(replace(stopped, status="running"), points(stopped)[0], tmp_path, {})


@pytest.mark.parametrize("damage", ["cut", "head", "gone"])
def test_a_damaged_checkpoint_is_a_sentence(stopped: RunRecord, damage: str) -> None:
    path = stopped.folder / "checkpoint" / "state.safetensors"
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:-20_000], "head": b"\x01", "gone": whole}[damage])
    if damage == "gone":
        path.unlink()
    with pytest.raises(CheckpointError, match="checkpoint"):
        taken_out(path, "student")
    if damage != "cut":
        assert points(stopped) == []


def test_of_a_finished_run_its_model_folders_are_taken(stopped: RunRecord, own_home: Path) -> None:
    summary = {"steps": 500, "student": {"best_epoch": 2, "validation_accuracy": 0.9, "last_accuracy": 0.88}}
    finished = replace(stopped, status="finished", summary=summary)
    assert points(finished) == []
    card = {"task": "vision", "architecture": "resnet8-w4", "classes": ["a", "b"], "input_shape": [1, 8, 8]}
    card |= {"mean": [0.5], "std": [0.5], "dataset": "x", "parameters": 1}
    for name, state in zip(("last", "best"), states_of(stopped), strict=True):
        (finished.folder / name).mkdir()
        save_file(state, finished.folder / name / "weights.safetensors")
        (finished.folder / name / "card.json").write_text(json.dumps(card))
    assert [point.said for point in points(finished)] == [
        "Latest: step 500, 88.0%",
        "Best on validation: epoch 2, 90.0%",
    ]
    config = fork(finished, points(finished)[1], own_home, {})
    assert equal(load_file(config.student.rpartition("@")[0]), states_of(stopped)[1])


@pytest.mark.slow
def test_the_first_validation_of_a_fork_is_that_of_the_run_it_came_from(
    store: Store, own_home: Path, tiny_config: DistillConfig
) -> None:
    run_id = store.create(tiny_config)
    store.claim(run_id)
    control, scores = RunControl(), list[Evaluated]()

    def hear(event: Any) -> None:
        if event.kind == "Evaluated":
            scores.append(event)
            control.stop()

    distill(tiny_config, on_event=hear, control=control, folder=store.get(run_id).folder)
    store.set_status(run_id, "stopped")
    record = store.get(run_id)
    config = fork(record, points(record)[0], own_home, {"learning_rate": 0.001, "epochs": 1})
    forked: list[Any] = []
    result = distill(config, on_event=forked.append, folder=own_home / "forked")
    first = next(event for event in forked if event.kind == "Evaluated")
    assert (first.step, first.epoch, first.who, first.split) == (0, 0, "student", "validation")
    assert (first.accuracy, first.loss) == (scores[0].accuracy, pytest.approx(scores[0].loss))
    assert first.accuracy > 0.3, "it has learned something by then"
    assert result.student is not None
    assert read_card(own_home / "forked" / "best").architecture == "resnet8-w4"


@pytest.mark.slow
@pytest.mark.parametrize("ended", ["stopped", "finished"])
def test_a_language_model_is_forked_with_every_block(store: Store, own_home: Path, ended: str) -> None:
    config = DistillConfig.parse(
        {
            "task": "language",
            "teacher": None,
            "student": "gpt-2x32",
            "dataset": "skills",
            "baseline": False,
            "label_budget": 64,
            "phases": [{"name": "train", "share": 1}],
            "training": {"epochs": 1, "batch_size": 32},
            "hardware": {"threads": 1},
        }
    )
    task = task_named("language")
    run_id = store.create(config)
    record = store.get(run_id)
    facts = task.foreseen(config).facts(config.dataset)
    state = {name: value + 0.5 for name, value in task.build("gpt-2x32", facts, 3).state_dict().items()}
    if ended == "stopped":
        save_checkpoint(record.folder, {f"student/{name}": value for name, value in state.items()}, VALUES)
        record = replace(record, status="stopped")
    else:
        from distill_core.cards import ModelCard, write_model

        card = ModelCard(
            task="language", architecture="gpt-2x32", classes=facts.classes, input_shape=facts.input_shape,
            mean=(), std=(), dataset="skills", parameters=1,
        )  # fmt: skip
        write_model(record.folder / "last", card, state)
        record = replace(record, status="finished", summary={"steps": 9})
    forked = fork(record, Point("latest", 9, None, None), own_home, {"learning_rate": 0.001})
    assert forked.student == "gpt-2x32"
    task.check_beginning(forked)
    student = task.build(forked.student, facts, 0)
    model, _ = task.load_teacher(str(forked.begin_from), facts)
    assert equal(dict(model.state_dict()), state)
    data = task.load_data(forked, own_home)
    begun = task.begin(student, model, str(forked.begin_from), forked.begin_layers, data)
    assert begun.blocks == (1, 2)
    assert equal(dict(student.state_dict()), state)
