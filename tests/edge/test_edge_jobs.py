from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from distill_core.edge import jobs
from distill_core.errors import CheckpointError, ConfigError, DistillError
from distill_core.task import DataFacts

GREY = DataFacts("grey", tuple("abcdefghij"), (1, 28, 28), (0.3,), (0.3,), "")


@pytest.fixture
def children(monkeypatch) -> list[subprocess.Popen[bytes]]:
    """The processes that jobs start."""
    started: list[subprocess.Popen[bytes]] = []
    plain = subprocess.Popen

    def watched(*args, **kwargs):
        started.append(plain(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(jobs.subprocess, "Popen", watched)
    return started


def worker_script(tmp_path: Path, monkeypatch, text: str) -> None:
    """Replaces the worker's Python by a shell script."""
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    monkeypatch.setattr(jobs.sys, "executable", str(script))


@pytest.mark.slow
def test_files_are_measured_in_processes_of_their_own(write_onnx, children):
    files = {"a": write_onnx("a.onnx", ["batch", 64], size=64), "b": write_onnx("b.onnx", ["batch", 64], size=64)}
    result = jobs.measure_files(files, rounds=10, repeats=2)
    assert set(result["models"]) == {"a", "b"}
    assert len(children) == 3
    assert all(figures["cpu_ms"] > 0 for figures in result["models"].values())


@pytest.mark.skipif(sys.platform != "linux", reason="high-water marks are read from Linux's /proc")
@pytest.mark.slow
def test_peak_memory_is_that_of_the_model_not_of_the_caller_or_the_libraries(write_onnx):
    small = jobs.run_job({"job": "memory", "file": str(write_onnx("s.onnx", ["batch", 8], size=8))}, jobs.never, 60)
    large = jobs.run_job(
        {"job": "memory", "file": str(write_onnx("l.onnx", ["batch", 2048], size=2048))}, jobs.never, 60
    )
    assert small["peak_memory_mb"] < 40
    assert large["peak_memory_mb"] - small["peak_memory_mb"] > 0.9 * 2048 * 2048 * 4 / 1e6


@pytest.mark.slow
def test_inputs_kept_beside_a_file_are_found(write_onnx, tmp_path):
    import numpy as np

    path = write_onnx("m.onnx", ["batch", 4])
    np.save(tmp_path / "m.inputs.npy", np.zeros((2, 4), np.float32))
    assert jobs.measure_files({"m": path}, rounds=10, repeats=1)["inputs"] == "images"


def test_a_file_that_is_no_model_comes_back_as_a_sentence(tmp_path):
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"nonsense")
    with pytest.raises(DistillError, match=r"bad\.onnx is not an ONNX file"):
        jobs.measure_files({"bad": path})


def test_a_workers_error_keeps_its_kind(tmp_path):
    with pytest.raises(CheckpointError, match="holds no trained model"):
        jobs.export_model(tmp_path, tmp_path / "out.onnx", home=tmp_path)


def test_an_unexpected_failure_is_a_sentence_with_the_traceback_as_a_note():
    with pytest.raises(DistillError, match=r"The nonsense job failed unexpectedly \(KeyError") as caught:
        jobs.run_job({"job": "nonsense"}, jobs.never, 60)
    assert "Traceback" in caught.value.__notes__[0]


def test_should_stop_is_asked_often_and_kills_the_child(write_onnx, children):
    path = write_onnx("m.onnx", ["batch", 4])
    answers = [True, False, False, False]

    with pytest.raises(jobs.JobStopped, match="measure job was stopped"):
        jobs.measure_files({"m": path}, should_stop=answers.pop, rounds=100_000, seconds=60)
    assert answers == [], "after True it is not asked again"
    assert jobs.POLL_SECONDS <= 0.1
    assert [child.returncode for child in children] == [-9]


def test_a_job_that_takes_too_long_is_ended(tmp_path, monkeypatch, children):
    worker_script(tmp_path, monkeypatch, "sleep 30")
    with pytest.raises(DistillError, match="took over 0 s and was ended"):
        jobs.run_job({"job": "memory"}, jobs.never, 0.2)
    assert children[0].returncode == -9


def test_a_killed_worker_is_reported_by_its_signal(tmp_path, monkeypatch):
    worker_script(tmp_path, monkeypatch, "kill -9 $$")
    with pytest.raises(DistillError, match=r"killed by SIGKILL\. The machine may be short of memory"):
        jobs.run_job({"job": "export"}, jobs.never, 60)


def test_a_worker_that_dies_without_an_answer_is_quoted(tmp_path, monkeypatch):
    worker_script(tmp_path, monkeypatch, "yes chatter | head -c 300000; echo no room >&2; exit 3")
    with pytest.raises(DistillError, match=r"ended with code 3 before it answered \(no room\)"):
        jobs.run_job({"job": "export"}, jobs.never, 60)


def test_the_childs_libraries_are_told_their_threads_and_find_the_package_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('the caller\\'s own json.py was imported')")
    monkeypatch.chdir(tmp_path)
    assert jobs._environment(1)["OMP_NUM_THREADS"] == "1"
    with pytest.raises(DistillError, match="does not exist"):
        jobs.run_job({"job": "memory", "file": "nope.onnx"}, jobs.never, 60)


def test_the_parent_side_imports_neither_torch_nor_onnxruntime():
    code = "import sys, distill_core.edge.jobs; sys.exit(bool({'torch', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=jobs.ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_an_unknown_architecture_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="resnet9000"):
        jobs.measure_architectures({"student": "resnet9000"}, GREY, home=tmp_path)


def test_the_cache_is_named_by_shape_and_classes_but_not_by_the_data_set():
    name = jobs._cache_name("resnet8-w8", GREY, "vision")
    same = DataFacts("other", tuple("0123456789"), (1, 28, 28), (0.1,), (0.1,), "abc")
    wider = DataFacts("grey", tuple("abcdefghij"), (3, 32, 32), (0.3,), (0.3,), "")
    assert jobs._cache_name("resnet8-w8", same, "vision") == name
    assert jobs._cache_name("resnet8-w8", wider, "vision") != name
    assert "/" not in jobs._cache_name("../../etc", GREY, "vision")


@pytest.mark.slow
def test_architectures_are_exported_once_and_measured_side_by_side(tmp_path, children):
    pair = {"student": "resnet8-w2", "teacher": "resnet8-w16"}
    result = jobs.measure_architectures(pair, GREY, home=tmp_path, rounds=20)
    assert result["ratios"]["teacher/student"]["median"] > 1.5
    first = len(children)
    jobs.measure_architectures(pair, GREY, home=tmp_path, rounds=10)
    assert len(children) == 2 * first - 1
    assert len(list((tmp_path / "cache" / "onnx").iterdir())) == 2
