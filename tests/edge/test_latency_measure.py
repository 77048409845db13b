from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from distill_core.edge import latency, machine
from distill_core.errors import DistillError


@pytest.fixture(autouse=True)
def short_warm_up(monkeypatch):
    monkeypatch.setattr(latency, "WARM_SECONDS", 0.02)


def test_a_wide_layer_takes_longer_than_a_narrow_one(write_onnx):
    files = {
        "small": write_onnx("s.onnx", ["batch", 512], size=8),
        "large": write_onnx("l.onnx", ["batch", 512], size=2048),
    }
    result = latency.measure(files, rounds=20)
    ratio = result["ratios"]["large/small"]
    assert ratio["low"] <= ratio["median"] <= ratio["high"]
    assert ratio["median"] > 3
    assert result["models"]["large"]["cpu_ms"] > result["models"]["small"]["cpu_ms"]
    json.dumps(result)


def test_every_sample_is_kept_and_the_file_is_named_by_its_hash(write_onnx):
    path = write_onnx("m.onnx", ["batch", 4])
    result = latency.measure({"m": path}, rounds=12, repeats=3)
    figures = result["models"]["m"]
    assert [len(repeat) for repeat in figures["samples"]["cpu_ns"]] == [12, 12, 12]
    assert figures["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert figures["bytes"] == path.stat().st_size
    assert set(figures["batch"]) == {"1", "8", "32"}
    assert "p99" not in figures["wall_ms"]
    assert result["ratios"] == {}
    assert result["protocol"]["rounds"] == 12


def test_rounds_are_doubled_twice_and_no_more_while_a_ratio_is_unstable(write_onnx, monkeypatch):
    monkeypatch.setattr(latency.samples, "STABLE_RANGE", -1.0)
    files = {"a": write_onnx("a.onnx", ["batch", 4]), "b": write_onnx("b.onnx", ["batch", 4])}
    result = latency.measure(files, rounds=10, repeats=2)
    assert result["protocol"]["rounds"] == 40
    assert [len(repeat) for repeat in result["models"]["b"]["samples"]["wall_ns"]] == [40, 40]
    assert any("ratio b/a is unstable" in each for each in result["warnings"])


def test_slow_models_get_fewer_rounds_and_the_result_says_so(write_onnx):
    result = latency.measure({"m": write_onnx("m.onnx", ["batch", 4])}, rounds=50, repeats=2, seconds=0.0)
    assert result["protocol"]["rounds"] == latency.FEWEST_ROUNDS
    assert any("10 rounds a repeat instead of 50" in each for each in result["warnings"])


def test_images_are_used_where_they_fit_and_noise_is_owned_up_to(write_onnx, tmp_path):
    images = tmp_path / "images.npy"
    np.save(images, np.ones((3, 4), np.float32))
    files = {"fits": write_onnx("a.onnx", ["batch", 4]), "other": write_onnx("b.onnx", ["batch", 5])}
    result = latency.measure(files, images, rounds=10, repeats=2)
    assert {name: each["inputs"] for name, each in result["models"].items()} == {"fits": "images", "other": "noise"}
    assert result["inputs"] == "images and noise"


def test_several_threads_have_wall_time_only(write_onnx):
    figures = latency.measure({"m": write_onnx("m.onnx", ["batch", 4])}, rounds=10, repeats=2, threads=2)["models"]["m"]
    assert figures["cpu_ms"] is None
    assert figures["preempted_share"] is None
    assert figures["wall_ms"]["p50"] > 0


def test_a_batch_fixed_at_one_is_measured_without_the_larger_batches(write_onnx):
    figures = latency.measure({"m": write_onnx("m.onnx", [1, 4])}, rounds=10, repeats=2)["models"]["m"]
    assert figures["batch"]["1"] > 0
    assert (figures["batch"]["8"], figures["batch"]["32"]) == (None, None)


def test_a_receipt_names_cpu_threads_and_samples(write_onnx):
    result = latency.measure({"m": write_onnx("m.onnx", ["batch", 4])}, rounds=10, repeats=2)
    line = machine.receipt(result)
    assert result["machine"]["cpu"] in line
    assert "1 thread, batch 1, 10 rounds x 2 repeats" in line
    assert line.endswith("on noise")


def test_cpu_flags_are_read_from_the_system_or_left_open(tmp_path):
    known = tmp_path / "cpuinfo"
    known.write_text("processor\t: 0\nmodel name\t: Example 3000\nflags\t\t: fpu avx2 avx512_vnni\n")
    facts = machine.machine_facts(known)
    assert facts["cpu"] == "Example 3000"
    assert facts["flags"] == {"avx2": True, "avx512f": False, "vnni": True}
    assert machine.machine_facts(Path("/nowhere"))["flags"] == {"avx2": None, "avx512f": None, "vnni": None}


def test_nothing_to_measure_is_said():
    with pytest.raises(DistillError, match="name at least one ONNX file"):
        latency.measure({})
