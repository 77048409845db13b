"""A finished run measured again, or given its file, from its cards alone and never beside a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_runs import embed_teacher, finish_run, ordinary

from distill_core.edge.jobs import JobStopped
from distill_core.errors import DistillError
from distill_core.runs import at_rest
from distill_core.runs.manager import training_lock
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store

FIGURES = {"cpu_ms": 0.07, "wall_ms": {"p50": 0.07, "p95": 0.09}, "bytes": 81_000, "preempted_share": 0.0}


class Edge:
    """Answers as `edge.jobs` does and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.student: Path | None = None

    def architecture_files(self, architectures: dict[str, str], facts: Any, task: str, **_: Any) -> dict[str, Path]:
        self.asked.append((architectures, facts.input_shape, task))
        return {name: Path("teacher.onnx") for name in architectures}

    def measure_files(self, files: dict[str, Path], **_: Any) -> dict[str, Any]:
        assert not training_lock().acquire(blocking=False), "no training may begin meanwhile"
        self.asked.append(sorted(files))
        self.student = files["student"]
        spread = {"p50": 0.07, "p90": 0.08, "p95": 0.09, "low": 0.069, "high": 0.071, "repeats": 5}
        return {
            "models": {name: {**FIGURES, "spread": spread} for name in files},
            "ratios": {"teacher/student": {"median": 3.0, "low": 2.9, "high": 3.1, "stable": True}},
            "machine": {"cpu": "CPU"},
            "protocol": {"threads": 1, "rounds": 100, "repeats": 5},
            "inputs": "images",
            "warnings": ["Busy machine: it hummed."],
        }


@pytest.fixture
def record() -> RunRecord:
    store = Store()
    found = store.get(finish_run(store))
    embed_teacher(found.folder / "best")
    return found


def test_new_figures_take_the_place_of_the_old_ones(record: RunRecord) -> None:
    store, edge = Store(), Edge()
    at_rest.measure_again(record, store, edge=edge)
    after = store.get(record.id).summary or {}
    assert edge.asked == [({"teacher": "vgg8-w48"}, (1, 28, 28), "vision"), ["student", "teacher"]]
    assert after["latency"]["ratio"]["median"] == 3.0
    assert after["latency"]["protocol"]["rounds"] == 100
    assert after["latency"]["student"]["spread"]["low"] == 0.069
    assert after["onnx"]["cpu_ms"] == 0.07
    assert after["onnx"]["latency_ms"] == {"p50": 0.07, "p95": 0.09}
    before = record.summary or {}
    assert after["warnings"] == ["Busy machine: it hummed."]
    same = before.keys() - {"latency", "onnx", "warnings"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    at_rest.measure_again(record, store, edge=edge)
    assert (store.get(record.id).summary or {})["warnings"] == ["Busy machine: it hummed."], "once, not twice"
    assert training_lock().acquire(blocking=False)
    training_lock().release()


def test_the_file_that_was_exported_last_is_measured_wherever_it_is(record: RunRecord, tmp_path: Path) -> None:
    store, edge, elsewhere = Store(), Edge(), tmp_path / "elsewhere.onnx"
    summary = record.summary or {}
    store.set_summary(record.id, summary | {"onnx": (summary["onnx"] or {}) | {"path": str(elsewhere)}})
    at_rest.measure_again(store.get(record.id), store, edge=edge)
    assert edge.student == record.folder / "model.onnx", "the file that is named is gone"
    elsewhere.write_bytes(b"onnx")
    at_rest.measure_again(store.get(record.id), store, edge=edge)
    assert edge.student == elsewhere


def test_nothing_is_measured_while_a_run_works(record: RunRecord) -> None:
    store, edge = Store(), Edge()
    store.claim(store.create(ordinary(temperature=9.0)))
    for do in (at_rest.measure_again, at_rest.make_file):
        with pytest.raises(DistillError, match=r"A run is at work .*Wait for its end"):
            do(record, store, edge=edge)
    assert edge.asked == []


def test_a_file_that_cannot_be_measured_says_why_and_keeps_the_old_figures(record: RunRecord) -> None:
    store, edge = Store(), Edge()

    def refuse(*_: Any, **__: Any) -> None:
        raise DistillError("model.onnx is not an ONNX file.")

    edge.measure_files = refuse  # type: ignore[method-assign]
    with pytest.raises(DistillError, match="not an ONNX file"):
        at_rest.measure_again(record, store, edge=edge)
    assert store.get(record.id).summary == record.summary


def test_a_stop_ends_the_export_and_lets_the_next_run_begin(record: RunRecord) -> None:
    edge = Edge()

    def export(*_: Any, should_stop: Any, **__: Any) -> None:
        assert should_stop()
        raise JobStopped("The export job was stopped before its end.")

    edge.export_model = export  # type: ignore[attr-defined]
    with pytest.raises(JobStopped):
        at_rest.make_file(record, Store(), lambda: True, edge=edge)
    assert training_lock().acquire(blocking=False)
    training_lock().release()


def test_a_teacher_that_is_gone_leaves_the_student_to_be_measured_alone(record: RunRecord) -> None:
    store = Store()
    gone = store.get(finish_run(store, teacher="/gone/best"))
    embed_teacher(gone.folder / "best")
    assert at_rest.at_rest(gone).teacher_architecture is None
    assert at_rest.at_rest(record).teacher_architecture == "vgg8-w48"
