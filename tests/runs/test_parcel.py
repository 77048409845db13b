"""A run in one file."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

from distill_core.config import DistillConfig
from distill_core.events import Evaluated, Warned
from distill_core.runs.parcel import pack, whole_run
from distill_core.runs.store import Store


def parcel_of(store: Store, run_id: str) -> dict[str, bytes]:
    """The parcel's files by name."""
    into = io.BytesIO()
    pack(run_id, whole_run(store.get(run_id), store.events(run_id)), into)
    with ZipFile(into) as parcel:
        assert parcel.testzip() is None
        return {name: parcel.read(name) for name in parcel.namelist()}


def test_a_finished_run_is_packed_with_its_files(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.append_events(run_id, [Warned("a"), Evaluated(10, 1, "validation", "student", 0.5, 0.7)])
    store.remarks.tag(run_id, ["thesis"])
    store.claim(run_id)
    store.finish(run_id, {"a": 1}, data_sha256="", torch_version="")
    best = store.get(run_id).folder / "best"
    best.mkdir(parents=True)
    (best / "weights.safetensors").write_bytes(b"w" * 100)
    (best.parent / "model.onnx").write_bytes(b"o" * 100)
    files = parcel_of(store, run_id)
    assert DistillConfig.parse(json.loads(files[f"{run_id}/config.json"])) == config
    assert json.loads(files[f"{run_id}/summary.json"]) == {"a": 1}
    assert json.loads(files[f"{run_id}/run.json"])["tags"] == ["thesis"]
    lines = [json.loads(line) for line in files[f"{run_id}/events.jsonl"].splitlines()]
    assert [(line["seq"], line["kind"]) for line in lines] == [(1, "Warned"), (2, "Evaluated")]
    assert files[f"{run_id}/validation.csv"].splitlines() == [
        b"step,epoch,split,who,accuracy,loss,train_accuracy",
        b"10,1,validation,student,0.5,0.7,",
    ]
    assert files[f"{run_id}/weights.safetensors"] == b"w" * 100
    assert files[f"{run_id}/model.onnx"] == b"o" * 100


def test_of_a_run_that_waits_there_is_little_to_pack(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    assert set(parcel_of(store, run_id)) == {f"{run_id}/run.json", f"{run_id}/config.json"}
