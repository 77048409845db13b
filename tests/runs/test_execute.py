from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError, DistillError, DivergedError, StorageError
from distill_core.events import Checkpointed, StepLogged
from distill_core.runs.execute import execute
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.store import Store
from distill_core.train.control import RunControl
from distill_core.train.trainer import distill

Job = Callable[..., RunRecord]


@pytest.fixture
def heard() -> list[RunEvent]:
    return []


@pytest.fixture
def job(store: Store, engine: Any, edge: Any, check: Any, heard: list[RunEvent]) -> Job:
    """Stores a run (or takes an id) and does it."""

    def do(run: DistillConfig | str, **settings: Any) -> RunRecord:
        run_id = run if isinstance(run, str) else store.create(run)
        given = {"on_event": heard.append, "engine": engine, "edge": edge, "check": check} | settings
        return execute(run_id, store, store.home, **given)

    return do


def kinds(events: list[RunEvent], run_id: str) -> list[str]:
    return [event.event.kind for event in events if event.run_id == run_id and event.event.kind != "StepLogged"]


def test_a_whole_job_trains_the_baseline_first_and_ends_with_a_summary(
    job: Job, config: DistillConfig, engine: Any, heard: list[RunEvent]
) -> None:
    record = job(config)
    assert record.status == "finished", record.details
    assert [who for who, _ in engine.calls] == ["baseline", "student"]
    assert heard[0].run_id == record.baseline_id
    summary = record.summary
    assert summary is not None
    assert summary["run_id"] == record.id
    assert summary["student"]["accuracy"] == 0.8
    assert summary["teacher"]["accuracy"] == 0.9
    assert summary["baseline"] | {"run_id": record.baseline_id, "accuracy": 0.7} == summary["baseline"]
    assert summary["retention"] == pytest.approx(0.8 / 0.9)
    assert summary["gap_closed"] == pytest.approx(0.5)
    assert summary["onnx"]["latency_ms"] == {"p50": 1.0, "p95": 1.2}
    assert summary["onnx"]["path"].endswith("model.onnx")
    assert summary["latency"]["ratio"]["median"] == 2.0
    assert "samples" not in summary["latency"]["student"]
    assert summary["warnings"] == ["parity is so-so"]


def test_the_listener_hears_exactly_what_the_store_keeps(
    job: Job, config: DistillConfig, store: Store, heard: list[RunEvent]
) -> None:
    record = job(config)
    assert record.baseline_id is not None
    for run_id in (record.id, record.baseline_id):
        assert [event for event in heard if event.run_id == run_id] == store.events(run_id)


def test_latency_is_measured_once_at_the_first_boundary(job: Job, config: DistillConfig, heard: list[RunEvent]) -> None:
    record = job(config)
    said = kinds(heard, record.id)
    assert said.count("Measured") == 1
    boundary = said.index("PhaseStarted", said.index("PhaseStarted") + 1)
    assert said[boundary : boundary + 4] == ["PhaseStarted", "Preparing", "Preparing", "Measured"]


def test_a_run_of_one_phase_is_measured_at_its_start(job: Job, config: DistillConfig, heard: list[RunEvent]) -> None:
    record = job(config.changed({"phases": [{"name": "distil", "share": 1}]}))
    assert "Measured" in kinds(heard, record.id)


def test_a_baseline_is_used_again_when_the_temperature_changes(job: Job, config: DistillConfig, engine: Any) -> None:
    first = job(config)
    second = job(config.changed({"temperature": 1, "alpha": 0.5}))
    assert second.baseline_id == first.baseline_id
    assert [who for who, _ in engine.calls] == ["baseline", "student", "student"]
    assert second.summary is not None
    assert second.summary["baseline"]["accuracy"] == 0.7


def test_a_deleted_baseline_that_is_used_again_is_no_longer_deleted(
    job: Job, config: DistillConfig, store: Store
) -> None:
    first = job(config)
    assert first.baseline_id is not None
    store.remarks.put_aside(first.baseline_id)
    again = job(config.changed({"temperature": 2.5}))
    assert again.baseline_id == first.baseline_id
    assert store.get(first.baseline_id).deleted is None


@pytest.mark.parametrize("change", [{"seed": 1}, {"student": "resnet8-w4"}, {"learning_rate": 0.05}])
def test_a_baseline_of_other_settings_is_not_used(
    job: Job, config: DistillConfig, engine: Any, change: dict[str, Any]
) -> None:
    first, second = job(config), job(config.changed(change))
    assert second.baseline_id != first.baseline_id
    assert len(engine.calls) == 4


def test_a_baseline_of_another_torch_is_not_used(
    job: Job, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = job(config)
    monkeypatch.setattr("distill_core.runs.execute._torch_version", lambda: "9.9")
    assert job(config).baseline_id != first.baseline_id


def test_a_run_without_a_teacher_has_no_baseline_and_is_exported(job: Job, config: DistillConfig) -> None:
    record = job(config.changed({"teacher": None}))
    assert record.baseline_id is None
    assert record.summary is not None
    assert record.summary["gap_closed"] is None
    assert record.summary["onnx"] is not None


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DivergedError("The loss is no longer a number."), "The loss is no longer a number."),
        (StorageError("Cannot write x."), "Cannot write x."),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
    ],
)
def test_a_failing_training_leaves_a_failed_run_with_the_sentence(
    job: Job, config: DistillConfig, engine: Any, heard: list[RunEvent], store: Store, error: Exception, sentence: str
) -> None:
    engine.fail["student"] = error
    record = job(config)
    assert record.status == "failed"
    assert sentence in (record.error or "")
    assert "Traceback" in (record.details or "")
    assert store.events(record.id)[-1].event.kind == heard[-1].event.kind == "Failed"
    assert record.baseline_id is not None
    assert store.get(record.baseline_id).status == "finished"


def test_a_mistake_shows_before_the_baseline_is_trained(job: Job, config: DistillConfig, engine: Any) -> None:
    def wrong(*_: Any) -> None:
        raise ConfigError("teacher: 'x' is not known.")

    record = job(config, check=wrong)
    assert (record.status, record.error) == ("failed", "teacher: 'x' is not known.")
    assert engine.calls == []


def test_a_baseline_that_diverges_is_a_warning(job: Job, config: DistillConfig, engine: Any, store: Store) -> None:
    engine.fail["baseline"] = DivergedError("The loss is no longer a number.")
    record = job(config)
    assert record.status == "finished"
    assert record.summary is not None
    assert record.summary["baseline"] is None
    (failed,) = store.list(role="baseline")
    assert failed.status == "failed"
    assert any(f"baseline failed (run {failed.id})" in warning for warning in record.summary["warnings"])
    assert record.baseline_id is None


def test_a_failed_baseline_is_resumed_and_not_used_as_it_is(job: Job, config: DistillConfig, engine: Any) -> None:
    engine.fail["baseline"] = StorageError("full")
    failed = job(config)
    assert failed.status == "failed"
    engine.fail.clear()
    again = job(failed.id)
    assert again.status == "finished"
    assert again.baseline_id == failed.baseline_id
    assert engine.calls[1:] == [("baseline", True), ("student", False)]


def test_a_baseline_with_a_damaged_checkpoint_is_trained_anew(job: Job, config: DistillConfig, engine: Any) -> None:
    engine.fail["baseline"] = StorageError("full")
    failed = job(config)

    def damaged_once(*args: Any, **settings: Any) -> Any:
        if settings["resume"]:
            raise CheckpointError("damaged")
        engine.fail.clear()
        return engine(*args, **settings)

    again = job(failed.id, engine=damaged_once)
    assert again.status == "finished", again.details
    assert again.baseline_id != failed.baseline_id


def test_a_damaged_checkpoint_of_the_run_itself_is_told_as_it_is(job: Job, config: DistillConfig, engine: Any) -> None:
    engine.fail["student"] = CheckpointError("The checkpoint is damaged.")
    record = job(config)
    assert (record.status, record.error) == ("failed", "The checkpoint is damaged.")
    assert record.resumable


def test_a_checkpoint_that_cannot_be_resumed_names_the_command_that_starts_anew(
    job: Job, config: DistillConfig, engine: Any
) -> None:
    engine.fail["student"] = DivergedError("no number")
    failed = job(config)
    assert failed.resumable
    engine.fail["student"] = CheckpointError("The checkpoint is damaged. Start the run anew; its settings are kept.")
    again = job(failed.id)
    assert (again.error or "").endswith(f"python -m distill_core run {again.folder / 'config.json'}")
    assert not again.resumable
    engine.fail.clear()
    assert job(failed.id).status == "finished", "once the checkpoint is restored the run can be taken up all the same"


def test_a_real_damaged_checkpoint_is_told_and_its_run_repeated_from_its_settings(
    job: Job, tiny_config: DistillConfig
) -> None:
    control = RunControl()

    def stop_at_the_first_epoch(event: RunEvent) -> None:
        if event.event.kind == "Checkpointed":
            control.stop()

    record = job(tiny_config, control=control, on_event=stop_at_the_first_epoch, engine=distill)
    assert (record.status, record.has_checkpoint) == ("stopped", True)
    file = record.folder / "checkpoint" / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    record = job(record.id, engine=distill)
    assert record.status == "failed"
    assert not record.resumable
    command = (record.error or "").rpartition("python -m distill_core run ")[2]
    assert DistillConfig.parse(json.loads(Path(command).read_text())) == tiny_config


def test_a_run_whose_checkpoint_is_gone_says_that_it_begins_again(job: Job, config: DistillConfig, engine: Any) -> None:
    def with_a_checkpoint(*args: Any, **settings: Any) -> Any:
        settings["on_event"](Checkpointed(1, "somewhere"))
        return engine(*args, **settings)

    engine.fail["student"] = DivergedError("no number")
    failed = job(config, engine=with_a_checkpoint)
    shutil.rmtree(failed.folder / "checkpoint")
    engine.fail.clear()
    record = job(failed.id)
    assert engine.calls[-1] == ("student", False)
    assert record.summary is not None
    gone = "The checkpoint of this run is gone from its folder, so it began again from the start."
    assert record.summary["warnings"].count(gone) == 1


def test_a_run_stopped_before_its_first_checkpoint_says_that_it_begins_again(
    job: Job, config: DistillConfig, engine: Any, heard: list[RunEvent]
) -> None:
    engine.fail["student"] = DivergedError("no number")
    failed = job(config)
    shutil.rmtree(failed.folder / "checkpoint")
    engine.fail.clear()
    said = "There is no checkpoint yet, so the run begins again from the start"
    assert said not in [getattr(event.event, "what", "") for event in heard]
    record = job(failed.id)
    assert [getattr(event.event, "what", "") for event in heard].count(said) == 1
    assert record.summary is not None
    assert not [warning for warning in record.summary["warnings"] if "began again" in warning]


@pytest.mark.fault
@pytest.mark.parametrize("file", ["checkpoint/state.safetensors", "best/weights.safetensors"])
def test_a_full_disk_is_told_in_a_sentence_and_the_run_goes_on_when_there_is_room(
    file: str, job: Job, tiny_config: DistillConfig, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, full = Path.open, [True]

    def refuse(path: Path, *args: Any, **settings: Any) -> Any:
        opened = write(path, *args, **settings)
        if full[0] and f"{file}.part" in str(path):
            opened.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened

    monkeypatch.setattr(Path, "open", refuse)
    failed = job(tiny_config, engine=distill)
    assert failed.status == "failed"
    assert "No space left on device" in (failed.error or "")
    assert "Free some space" in (failed.error or "")
    assert failed.resumable
    assert [record.id for record in store.list()] == [failed.id]
    full[0] = False
    assert job(failed.id, engine=distill).status == "finished"


@pytest.mark.parametrize("part", ["export_model", "measure_files", "measure_architectures"])
def test_the_student_survives_a_failing_export_or_measurement(
    job: Job, config: DistillConfig, edge: Any, part: str
) -> None:
    edge.fail.add(part)
    record = job(config)
    assert record.status == "finished", record.details
    summary = record.summary
    assert summary is not None
    assert summary["student"]["accuracy"] == 0.8
    assert any(f"No space left for {part}" in warning for warning in summary["warnings"])
    assert (summary["onnx"] is None) == (part == "export_model")
    assert ("No space left" in (summary["onnx_why"] or "")) == (part == "export_model")
    assert summary["latency"] is not None


def test_stop_ends_baseline_and_run_and_both_go_on_from_there(
    job: Job, config: DistillConfig, engine: Any, store: Store
) -> None:
    control = RunControl()

    def stop(event: RunEvent) -> None:
        if isinstance(event.event, StepLogged) and event.event.step == 3:
            control.stop()

    stopped = job(config, control=control, on_event=stop)
    assert stopped.baseline_id is not None
    assert (stopped.status, store.get(stopped.baseline_id).status) == ("stopped", "stopped")
    assert [who for who, _ in engine.calls] == ["baseline"]
    again = job(stopped.id)
    assert again.status == "finished"
    assert engine.calls[1:] == [("baseline", True), ("student", False)]


def test_a_stop_during_the_export_keeps_the_finished_student(job: Job, config: DistillConfig, edge: Any) -> None:
    control = RunControl()

    def stopped_meanwhile(*_: Any, **settings: Any) -> Any:
        control.stop()
        assert settings["should_stop"]()
        raise DistillError("The export job was stopped before its end.")

    edge.export_model = stopped_meanwhile
    record = job(config, control=control)
    assert record.status == "finished"
    assert record.summary is not None
    assert record.summary["onnx"] is None
    assert record.summary["warnings"][0].startswith("The run was stopped before its file")


def test_a_stop_is_heard_while_the_data_are_fetched(job: Job, config: DistillConfig, engine: Any) -> None:
    control, pieces = RunControl(), list[int]()

    def download(_config: DistillConfig, _home: Any, between: Callable[[], None], _progress: Any) -> Any:
        for piece in range(10):
            between()
            pieces.append(piece)
            control.stop()

    record = job(config, control=control, check=download)
    assert (record.status, record.error) == ("stopped", None)
    assert pieces == [0]
    assert engine.calls == []


def test_a_resumed_run_is_not_measured_twice_and_warns_once(
    job: Job, config: DistillConfig, engine: Any, edge: Any, store: Store
) -> None:
    only_teacher = config.changed({"alpha": 1, "student": "resnet8-w4"})
    engine.fail["student"] = DivergedError("no number")
    failed = job(only_teacher)
    engine.fail.clear()
    record = job(failed.id)
    assert record.status == "finished"
    assert edge.calls.count("measure_architectures") == 1
    assert record.summary is not None
    assert record.summary["warnings"] == [
        "alpha = 1 uses no labels: the student learns from the teacher alone.",
        "parity is so-so",
    ]
    assert [event.seq for event in store.events(record.id)] == list(range(1, store.pulse(record.id).last_seq + 1))


def test_warnings_come_before_any_training(job: Job, config: DistillConfig, heard: list[RunEvent]) -> None:
    job(config.changed({"alpha": 1}))
    assert heard[0].event.kind == "Warned"


def test_an_interrupt_from_the_keyboard_leaves_a_run_that_can_be_resumed(
    job: Job, config: DistillConfig, engine: Any, store: Store
) -> None:
    engine.fail["baseline"] = KeyboardInterrupt()
    run_id = store.create(config)
    with pytest.raises(KeyboardInterrupt):
        job(run_id)
    record = store.get(run_id)
    assert record.baseline_id is not None
    assert (record.status, store.get(record.baseline_id).status) == ("interrupted", "interrupted")


def test_a_finished_run_is_not_started_again(job: Job, config: DistillConfig) -> None:
    record = job(config)
    with pytest.raises(DistillError, match=f"is finished.*show {record.id}; or repeat it.*config.json"):
        job(record.id)


def test_a_folder_that_cannot_be_written_fails_the_run_in_a_sentence(
    job: Job, config: DistillConfig, store: Store
) -> None:
    (store.home / "runs").write_text("not a folder")
    record = job(config)
    assert record.status == "failed"
    assert "DISTILL_HOME" in (record.error or "")


def test_a_store_that_is_full_fails_the_run_and_the_end_is_stored_when_there_is_room(
    job: Job, config: DistillConfig, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, calls = store.append_numbered, [0]

    def full_at_first(events: Any) -> None:
        if events and calls[0] < 1:
            calls[0] += 1
            raise StorageError("The database is full. Free some space.")
        append(events)

    monkeypatch.setattr(store, "append_numbered", full_at_first)
    record = job(config)
    assert (record.status, record.error) == ("failed", "The database is full. Free some space.")


def test_a_listener_without_disk_fails_the_run_in_a_sentence(job: Job, config: DistillConfig) -> None:
    def full(_: RunEvent) -> None:
        raise OSError(28, "No space left on device")

    record = job(config, on_event=full)
    assert record.status == "failed"
    assert "No space left on device" in (record.error or "")


def test_readers_are_told_of_every_change_of_a_record(job: Job, config: DistillConfig) -> None:
    records: list[RunRecord] = []
    record = job(config, on_record=records.append)
    own = [each.status for each in records if each.id == record.id]
    assert own[0] == "running"
    assert own[-1] == "finished"
    assert [each.status for each in records if each.id == record.baseline_id] == ["running", "finished"]


def test_accuracies_are_exact_shares_of_the_images(job: Job, tiny_config: DistillConfig) -> None:
    record = job(tiny_config.changed({"epochs": 1}), engine=distill)
    assert record.summary is not None
    accuracy, images = record.summary["student"]["accuracy"], record.summary["test_inputs"]
    assert accuracy == round(accuracy * images) / images


def test_a_baseline_of_the_users_own_model_serves_as_long_as_its_code_is_the_same(
    job: Job, config: DistillConfig, check: Any
) -> None:
    def with_code(code: str) -> Any:
        return lambda *given: dataclasses.replace(check(*given), student_code=code)

    first = job(config, check=with_code("a"))
    assert job(config.changed({"alpha": 0.5}), check=with_code("a")).baseline_id == first.baseline_id
    assert job(config.changed({"alpha": 0.6}), check=with_code("b")).baseline_id != first.baseline_id


def test_of_large_models_the_student_alone_is_measured_and_only_once(
    job: Job, config: DistillConfig, check: Any, edge: Any
) -> None:
    def large(*given: Any) -> Any:
        return dataclasses.replace(check(*given), student_parameters=113_000_000, teacher_parameters=135_000_000)

    record = job(config, check=large)
    assert edge.calls == ["export_model", "measure_files"]
    assert "student" in record.summary["latency"]
    assert "teacher" not in record.summary["latency"]
    assert any("is not compared with the teacher's" in warning for warning in record.summary["warnings"])
