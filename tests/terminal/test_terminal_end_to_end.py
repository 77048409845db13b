"""The commands as a user types them, in processes of their own, on scikit-learn's digits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TINY = ["--set", "dataset=digits", "--set", "batch_size=32", "--set", "threads=1", "--set", "flip=false"]


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "distill_core", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def do(*arguments: object) -> str:
    process = start(*arguments)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def test_a_teacher_is_trained_published_and_distilled_and_the_file_is_measured(own_home: Path):
    teacher = json.loads(
        do("run", "--preset", "teacher", *TINY, "--set", "student=resnet8-w8", "--set", "epochs=2", "--json")
    )
    do("publish", teacher["run_id"], "tiny")
    small = ["--set", "teacher=tiny", "--set", "student=resnet8-w4", "--set", "epochs=2"]
    out = do("run", "--preset", "quickstart", *TINY, *small, "--set", "label_budget=100", "--json")
    result = json.loads(out.splitlines()[-1])
    assert result["status"] == "finished"
    assert result["student"]["parameters"] < result["teacher"]["parameters"] == 19_810
    assert result["baseline"]["run_id"] != result["run_id"]
    assert 0 < result["student"]["accuracy"] <= 1
    assert result["onnx"]["test_accuracy"] == pytest.approx(result["student"]["accuracy"], abs=0.01)
    assert result["onnx"]["latency_ms"]["p50"] > 0
    assert Path(result["onnx"]["path"]).stat().st_size == result["onnx"]["bytes"]
    measured = json.loads(do("measure", result["onnx"]["path"], "--json"))
    assert measured["models"]["model"]["cpu_ms"] > 0
    again = json.loads(do("export", result["run_id"], "--json"))
    assert again["parity_max_abs"] < 1e-3


@pytest.mark.parametrize(("times", "status"), [(1, "stopped"), (2, "interrupted")])
def test_ctrl_c_keeps_a_run_that_resume_ends(own_home: Path, times: int, status: str):
    process = start("run", "--preset", "teacher", *TINY, "--set", "student=resnet8-w2", "--set", "epochs=40", "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if "epoch 2 of" in line:
            break
    os.kill(process.pid, signal.SIGINT)
    if times == 2:
        for line in process.stderr:
            if "press Ctrl-C again" in line:
                os.kill(process.pid, signal.SIGINT)
                break
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 130
    (run,) = json.loads(do("list", "runs", "--json"))
    assert run["status"] in (status, "stopped")
    if times == 1:
        assert json.loads(out.splitlines()[-1])["run_id"] == run["run"]
    ended = json.loads(do("resume", run["run"], "--json"))
    assert ended["run_id"] == run["run"]
    assert ended["status"] == "finished"
