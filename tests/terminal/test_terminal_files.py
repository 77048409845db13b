"""`export`, `measure` and `publish`, with stand-ins for the measuring processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from distill_core.edge.jobs import JobStopped
from distill_core.errors import DistillError
from distill_core.runs.store import Store
from distill_core.terminal.measuring import sentences
from distill_core.vision.teachers import teacher_folder

MACHINE = {"cpu": "A CPU", "flags": {"avx2": True}, "cores": 2, "versions": {"onnxruntime": "1.32"}}


def figures(cpu_ms: float) -> dict:
    return {
        "cpu_ms": cpu_ms,
        "wall_ms": {"p50": cpu_ms, "p90": cpu_ms, "p95": cpu_ms},
        "load_ms": 3.0,
        "preempted_share": 0.0,
        "batch": {"1": cpu_ms, "8": cpu_ms, "32": None},
        "bytes": 80_000,
        "sha256": "s",
        "peak_memory_mb": None,
        "samples": {"wall_ns": [[1]], "cpu_ns": [[1]]},
    }


def measured(files, **_):
    first, *others = files
    return {
        "machine": MACHINE,
        "protocol": {"threads": 1, "rounds": 100, "repeats": 5},
        "inputs": "noise",
        "models": {name: figures(0.1 + index) for index, name in enumerate(files)},
        "ratios": {f"{other}/{first}": {"median": 2.0, "low": 1.9, "high": 2.2, "stable": False} for other in others},
        "warnings": ["The machine was busy."],
    }


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "a.onnx", tmp_path / "b.onnx"
    for file in files:
        file.write_bytes(b"x")
    return files


def test_measured_files_are_a_table_with_ratios_and_warnings(command, two_files, monkeypatch):
    monkeypatch.setattr("distill_core.edge.jobs.measure_files", measured)
    answer = command("measure", *two_files)
    assert answer.code == 0
    assert "1.10 / 1.10 / 1.10 ms" in answer.out
    assert "b takes 2.00 times as long as a (1.90 to 2.20 over the repeats, UNSTABLE)" in answer.out
    assert "Note: The machine was busy." in answer.out
    assert "A CPU (2 cores, avx2)" in answer.out


def test_measured_json_leaves_the_raw_samples_out(command, two_files, monkeypatch):
    monkeypatch.setattr("distill_core.edge.jobs.measure_files", measured)
    answer = command("measure", *two_files, "--json")
    assert answer.last["models"]["a"]["cpu_ms"] == 0.1
    assert "samples" not in answer.last["models"]["a"]


def test_of_files_whose_names_are_paths_each_is_named_whole():
    result = measured({name: Path(name) for name in ("/runs/a/model.onnx", "/runs/b/model.onnx")})
    assert sentences(result)[0].startswith("/runs/b/model.onnx takes 2.00 times as long as /runs/a/model.onnx (")


def test_files_of_the_same_name_are_told_apart(command, two_files, tmp_path: Path, monkeypatch):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "a.onnx"
    twin.write_bytes(b"x")
    monkeypatch.setattr("distill_core.edge.jobs.measure_files", measured)
    assert set(command("measure", two_files[0], twin, "--json").last["models"]) == {str(two_files[0]), str(twin)}


def test_a_file_that_is_not_there_is_bad_input(command, two_files, tmp_path: Path):
    answer = command("measure", two_files[0], tmp_path / "c.onnx", "--json")
    assert (answer.code, answer.last["status"]) == (2, "invalid")
    assert "c.onnx cannot be read" in answer.last["error"]


def test_what_the_measurement_says_of_a_file_is_bad_input(command, two_files, monkeypatch):
    def refuse(files, **_):
        raise DistillError(f"{two_files[0]} is not an ONNX file.")

    monkeypatch.setattr("distill_core.edge.jobs.measure_files", refuse)
    assert command("measure", two_files[0]).code == 2


def test_what_the_measurement_says_of_itself_is_a_failure(command, two_files, monkeypatch):
    def die(files, **_):
        raise DistillError("The measure job's process was killed by SIGKILL.")

    monkeypatch.setattr("distill_core.edge.jobs.measure_files", die)
    assert command("measure", two_files[0]).code == 1


def test_an_interrupted_measurement_ends_with_130(command, two_files, monkeypatch):
    def stop(files, **_):
        raise JobStopped("The measure job was stopped before its end.")

    monkeypatch.setattr("distill_core.edge.jobs.measure_files", stop)
    answer = command("measure", two_files[0], "--json")
    assert (answer.code, answer.last["status"]) == (130, "stopped")


@pytest.fixture
def finished(command, work, own_home: Path) -> Path:
    """The folder of a finished run with weights; the weights are only looked at by their hash."""
    import hashlib

    from distill_core.cards import ModelCard

    command("run", "--preset", "quickstart")
    folder = Store(own_home).get(work.done[0]).folder
    (folder / "best").mkdir(parents=True)
    (folder / "best" / "weights.safetensors").write_bytes(b"weights")
    card = ModelCard(
        task="vision", architecture="resnet8-w8", classes=("a", "b"), input_shape=(1, 28, 28), mean=(0.5,), std=(0.5,),
        dataset="fashion-mnist-mini", parameters=19_810, accuracy=0.82, accuracy_on="4,000 test images",
        weights_sha256=hashlib.sha256(b"weights").hexdigest(), labels_seen=400,
    )  # fmt: skip
    (folder / "best" / "card.json").write_text(card.model_dump_json())
    return folder


@pytest.fixture
def asked(monkeypatch) -> dict:
    """What the stand-in for the export was asked; the file's measurement has a stand-in too."""
    from distill_core.runs.preflight import Preflight
    from distill_core.task import DataFacts

    asked = {}

    def exported(folder, out, **details):
        asked.update(folder=folder, out=out, **details)
        return {"path": str(out), "bytes": 70_000, "sha256": "s", "parity_max_abs": 1e-6, "test_accuracy": 0.82,
                "warnings": ["Careful."]}  # fmt: skip

    facts = DataFacts("d", ("a", "b"), (1, 28, 28), (0.5,), (0.5,), "sha")
    found = Preflight(facts, 8000, "resnet8-w4", 1000, "vgg8-w48", 9000)
    files = {"teacher": Path("teacher.onnx")}
    monkeypatch.setattr("distill_core.runs.preflight.inspect", lambda *_: found)
    monkeypatch.setattr("distill_core.edge.jobs.export_model", exported)
    monkeypatch.setattr("distill_core.edge.jobs.architecture_files", lambda *_, **__: files)
    monkeypatch.setattr("distill_core.edge.jobs.measure_files", measured)
    return asked


def test_an_export_goes_where_it_is_asked_to(command, finished: Path, tmp_path: Path, asked):
    answer = command("export", finished.name, "--to", tmp_path / "new" / "x.onnx")
    assert answer.code == 0
    assert (tmp_path / "new").is_dir()
    assert asked["folder"] == finished / "best"
    assert asked["config_json"] == finished / "config.json"
    assert "70 kB" in answer.out
    assert "Careful." in answer.out
    assert command("export", finished.name, "--json").last["path"] == str(finished / "model.onnx")


def test_after_an_export_the_run_has_its_file(command, work, finished: Path, own_home: Path, asked):
    store = Store(own_home)
    record = store.get(finished.name)
    why = "The student is trained and kept, but could not be exported: no space."
    store.set_summary(record.id, {**(record.summary or {}), "onnx": None, "onnx_why": why, "warnings": [why]})
    assert "There is no ONNX file yet" in command("show", record.id).out
    assert command("export", record.id, "--json").last["latency"]["student"]["cpu_ms"] == 0.1
    shown = command("show", record.id).out
    assert f"ONNX file: {finished / 'model.onnx'} (70 kB" in shown
    assert "no ONNX file" not in shown
    assert why not in shown
    summary = command("show", record.id, "--json").last
    assert (summary["onnx"]["bytes"], summary["onnx_why"]) == (70_000, None)
    assert summary["latency"]["student"]["cpu_ms"] == 0.1


def test_an_interrupted_export_ends_with_130_and_changes_nothing(command, finished: Path, monkeypatch, own_home: Path):
    def stop(*_, **__):
        raise JobStopped("The export job was stopped before its end.")

    before = Store(own_home).get(finished.name).summary
    monkeypatch.setattr("distill_core.edge.jobs.export_model", stop)
    answer = command("export", finished.name, "--json")
    assert (answer.code, answer.last["status"]) == (130, "stopped")
    assert Store(own_home).get(finished.name).summary == before


def test_a_run_without_weights_cannot_be_exported(command, work):
    work.ends = "stopped"
    command("run", "--preset", "quickstart")
    answer = command("export", work.done[0])
    assert answer.code == 1
    assert f"resume {work.done[0]}" in answer.err


def test_a_published_teacher_is_listed(command, finished: Path, own_home: Path):
    answer = command("publish", finished.name, "mine")
    assert answer.code == 0
    assert "run --preset quickstart" in answer.out
    listed = command("list", "teachers", "--json").last
    assert "mine" in [row["teacher"] for row in listed]
    assert "Use it: --set teacher=mine" in answer.out
    assert teacher_folder("mine") == own_home / "teachers" / "mine"


def test_an_embedded_teachers_name_is_not_given_away(command, finished: Path, own_home: Path):
    answer = command("publish", finished.name, "vgg8-fashion", "--json")
    assert (answer.code, answer.last["status"]) == (2, "invalid")
    assert "Choose another name" in answer.err
    assert not (own_home / "teachers").exists()


def test_publishing_somewhere_else_writes_there(command, finished: Path, tmp_path: Path):
    answer = command("publish", finished.name, "mine", "--to", tmp_path / "assets" / "mine", "--json")
    assert answer.last["folder"] == str(tmp_path / "assets" / "mine")
    assert json.loads((tmp_path / "assets" / "mine" / "card.json").read_text()) == answer.last["card"]
