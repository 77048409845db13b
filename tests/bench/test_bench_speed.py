import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distill_core.bench.losses import run_losses

SLACK = {0: 0.85, 1: 2.2, 2: 1.5}
"""What a busy machine and an eighth of the images may take from the ratios 0.95, 3 and 2."""


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_the_quick_benchmark_finds_the_promised_ratios(tmp_path: Path) -> None:
    code = "import sys; from distill_core.bench.speed import bench; sys.exit(bench(quick=True, json=True))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DISTILL_HOME": str(tmp_path)},
    )
    assert done.returncode in (0, 1), done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    for number, check in enumerate(result["checks"]):
        assert check["measured"] >= SLACK[number], (check, done.stderr)
    assert result["accuracy"]["difference"] >= -2 * result["accuracy"]["noise"]
    assert result["work"]["teacher_forwards"] == 4 * 1280
    assert (done.returncode == 0) == result["passed"]


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_layers_are_learnt_faster_than_in_an_ordinary_loop(tmp_path: Path) -> None:
    result = run_losses(rounds=5, home=tmp_path, timed=("kd", "at", "hint"))
    assert set(result["cost_relative_to_kd"]) == {"kd", "at", "hint"}
    for name, (middle, _low, _high) in result["times_ordinary"].items():
        assert middle >= 1.1, (name, result)  # promised: 1.3, on a quiet machine
