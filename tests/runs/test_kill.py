"""What is left when a process dies without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.runs.manager import Manager

ROOT = Path(__file__).parents[2]
CODE = """
import pathlib, sys, time
from distill_core.config import DistillConfig
from distill_core.runs.manager import Manager
manager = Manager(pathlib.Path(sys.argv[1]))
run_id = manager.submit(DistillConfig.model_validate_json(sys.argv[2]))
while manager.snapshot(run_id).progress.step < 50:
    time.sleep(0.01)
print(run_id, flush=True)
time.sleep(600)
"""


@pytest.mark.fault
def test_a_killed_run_is_interrupted_and_goes_on_from_its_checkpoint(
    tiny_config: DistillConfig, own_home: Path
) -> None:
    config = tiny_config.changed({"epochs": 60})
    with subprocess.Popen(
        [sys.executable, "-c", CODE, str(own_home), config.to_json()], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        assert run_id
        os.kill(child.pid, signal.SIGKILL)
    manager = Manager(own_home)
    snapshot = manager.snapshot(run_id)
    assert snapshot.status == "interrupted"
    assert snapshot.record.has_checkpoint
    manager.resume(run_id)
    deadline = time.monotonic() + 240
    while not manager.snapshot(run_id).record.over:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    snapshot = manager.snapshot(run_id)
    assert snapshot.status == "finished", snapshot.error
    events = [event for event in snapshot.events if event.run_id == run_id]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    resumed = next(event.event for event in events if event.event.kind == "Resumed")
    assert getattr(resumed, "step", 0) > 0
