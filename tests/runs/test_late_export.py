from __future__ import annotations

from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.runs.execute import execute
from distill_core.runs.late_export import export_run
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store


@pytest.fixture
def without_file(store: Store, config: DistillConfig, engine: Any, edge: Any, check: Any) -> RunRecord:
    """A finished run whose export failed."""
    edge.fail.add("export_model")
    record = execute(store.create(config), store, store.home, engine=engine, edge=edge, check=check)
    edge.fail.clear()
    assert record.summary is not None
    assert record.summary["onnx"] is None
    return record


def test_a_file_exported_later_is_in_the_runs_results(
    store: Store, without_file: RunRecord, edge: Any, check: Any
) -> None:
    before = without_file.summary or {}
    report = export_run(without_file, store, edge=edge, check=check)
    after = store.get(without_file.id).summary
    assert after is not None
    assert after["onnx"]["path"] == report["path"] == str(without_file.folder / "model.onnx")
    assert after["onnx"]["latency_ms"] == {"p50": 1.0, "p95": 1.2}
    assert after["latency"]["ratio"]["median"] == 2.0
    assert after["onnx_why"] is None
    assert after["warnings"] == ["parity is so-so"]
    assert any("could not be exported" in warning for warning in before["warnings"])
    same = before.keys() - {"onnx", "onnx_why", "latency", "warnings"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_a_file_that_cannot_be_measured_is_in_the_results_all_the_same(
    store: Store, without_file: RunRecord, edge: Any, check: Any
) -> None:
    edge.fail.add("measure_files")
    report = export_run(without_file, store, edge=edge, check=check)
    summary = store.get(without_file.id).summary or {}
    assert report["latency"] is None
    assert summary["onnx"]["path"] == report["path"]
    assert summary["latency"] == (without_file.summary or {})["latency"]
    assert any("No space left for measure_files" in warning for warning in summary["warnings"])


def test_a_teacher_that_is_gone_costs_the_measurement_alone(store: Store, without_file: RunRecord, edge: Any) -> None:
    def gone(*_: Any) -> None:
        raise ConfigError("teacher: there is no folder /gone")

    report = export_run(without_file, store, edge=edge, check=gone)
    assert any("/gone" in warning for warning in report["warnings"])
    assert (store.get(without_file.id).summary or {})["onnx"] is not None


def test_an_export_that_fails_again_changes_nothing(
    store: Store, without_file: RunRecord, edge: Any, check: Any
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise DistillError("The export job was killed.")

    edge.export_model = refuse
    with pytest.raises(DistillError, match="killed"):
        export_run(without_file, store, edge=edge, check=check)
    assert store.get(without_file.id).summary == without_file.summary
