"""The whole job from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import distill_core
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.runs.records import RunEvent
from distill_core.runs.store import Store
from distill_core.train.control import RunControl


@pytest.mark.slow
def test_one_call_trains_measures_exports_and_keeps_the_run(tiny_config: DistillConfig, own_home: Path) -> None:
    heard: list[RunEvent] = []
    record = distill_core.run(tiny_config.changed({"epochs": 1}), on_event=heard.append)
    assert record.status == "finished", record.details
    summary: dict[str, Any] = record.summary or {}
    assert Path(summary["onnx"]["path"]).is_file()
    assert summary["latency"]["student"]["cpu_ms"] > 0
    assert {event.run_id for event in heard} == {record.id}
    assert Store(own_home).get(record.id).summary == summary


def test_bad_settings_are_an_error_and_store_no_run(tiny_config: DistillConfig, own_home: Path) -> None:
    with pytest.raises(ConfigError, match="resnet9"):
        distill_core.run(tiny_config.changed({"student": "resnet9"}))
    assert Store(own_home).list() == []


def test_a_failed_run_is_an_error_that_names_the_run_that_is_kept(
    tiny_config: DistillConfig, own_home: Path, tmp_path: Path
) -> None:
    (own_home / "runs").parent.mkdir(parents=True)
    (own_home / "runs").write_text("not a folder")
    with pytest.raises(DistillError, match="failed: ") as raised:
        distill_core.run(tiny_config)
    (kept,) = Store(own_home).list()
    assert kept.id in str(raised.value)
    assert kept.status == "failed"


def test_a_stopped_run_is_handed_back(tiny_config: DistillConfig, tmp_path: Path) -> None:
    control = RunControl()
    control.stop()
    record = distill_core.run(tiny_config, home=tmp_path / "elsewhere", control=control)
    assert record.status == "stopped"
    assert record.folder.is_relative_to(tmp_path / "elsewhere")
