"""A command in this process, and a stand-in for the work on a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.events import Evaluated, Event, ModelFacts, PhaseSpan, PhaseStarted, Started, StepLogged, Warned
from distill_core.runs.faults import why_not_started
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.store import Store
from distill_core.terminal.entry import main

ACCURACY = {"baseline": 0.70, "student": 0.82, "teacher": 0.93}


@dataclass
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> Any:
        """The last line of standard output, read as JSON."""
        return json.loads(self.out.strip().splitlines()[-1])


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*arguments: object) -> Answer:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture(name="life_of")
def life_of_a_run() -> Callable[..., list[RunEvent]]:
    return life_of


def life_of(run_id: str, config: DistillConfig, baseline: bool = False) -> list[RunEvent]:
    """The events of a training of two epochs."""
    teacher = None if baseline or config.teacher is None else ModelFacts("big", 900_000)
    spans = (PhaseSpan("warm-up", 0, 10, "easiest"), PhaseSpan("distil", 10, 20, "all"))
    events: list[Event] = [
        Started(ModelFacts(config.student, 19_810), teacher, config.dataset, ("a", "b"), 8000, 400, 20, 10, spans,
                "cpu", "32-true", 1, "contiguous"),
    ]  # fmt: skip
    for epoch, phase in ((1, "warm-up"), (2, "distil")):
        step = 10 * epoch
        events += [
            PhaseStarted(phase, epoch - 1, step - 10, 4000),
            StepLogged(step, phase, {"kd": 1.0}, {"kd": 0.9}, 0.9, 0.1, 7000.0, 1.0 * epoch, 20.0 - step),
            Evaluated(step, epoch, "validation", "student", 0.4 * epoch, 0.5),
        ]
    return [RunEvent(run_id, seq, float(seq), event) for seq, event in enumerate(events, start=1)]


def summary_of(run_id: str, config: DistillConfig) -> dict[str, Any]:
    def model(who: str, name: str) -> dict[str, Any]:
        return {"name": name, "parameters": 19_810, "accuracy": ACCURACY[who]}

    with_baseline = config.baseline and config.teacher is not None
    return {
        "run_id": run_id,
        "status": "finished",
        "student": model("student", config.student),
        "teacher": model("teacher", "big") if config.teacher else None,
        "baseline": {"run_id": "b", **model("baseline", config.student)} if with_baseline else None,
        "retention": 0.88,
        "gap_closed": 0.52,
        "gap_closed_why": "The student closed 52% of it.",
        "seconds": 8.0,
        "images_per_second": 7000.0,
        "labels": 400,
        "test_inputs": 4000,
        "data_sha256": "d" * 64,
        "versions": {"torch": version("torch")},
        "onnx": {"path": "/somewhere/model.onnx", "bytes": 80_000, "parity_max_abs": 1e-6, "test_accuracy": 0.82},
        "latency": {"student": {"cpu_ms": 0.08, "bytes": 80_000}, "teacher": {"cpu_ms": 2.3, "bytes": 2_600_000}},
        "warnings": [],
    }


@dataclass
class FakeWork:
    """Stands in for `runs.execute.execute`; `ends` decides how runs end."""

    ends: str = "finished"
    error: str = "The disk is full. Free some space."
    details: str = ""
    onnx_why: str | None = None
    warnings: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    while_working: Callable[[Any], None] = lambda _control: None
    too_late_to_stop: bool = False

    def __call__(self, run_id: str, store: Store, home: Path, control: Any, on_event: Any, **details: Any) -> RunRecord:
        if not store.claim(run_id):
            raise DistillError(why_not_started(store.get(run_id)))
        self.done.append(run_id)
        config = store.get(run_id).config
        for event in life_of(run_id, config):
            on_event(event)
        on_event(RunEvent(run_id, 99, 99.0, Warned("Alpha [bold] is odd.")))
        self.while_working(control)
        if (control.stopping and not self.too_late_to_stop) or self.ends == "stopped":
            store.set_status(run_id, "stopped")
        elif self.ends == "failed":
            store.set_status(run_id, "failed", error=self.error, details=self.details)
        else:
            summary = summary_of(run_id, config) | {"warnings": self.warnings}
            if self.onnx_why:
                summary |= {"onnx": None, "onnx_why": self.onnx_why, "warnings": [self.onnx_why]}
            store.finish(run_id, summary, data_sha256="d" * 64, torch_version=version("torch"))
        return store.get(run_id)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> FakeWork:
    fake = FakeWork()
    monkeypatch.setattr("distill_core.runs.execute.execute", fake)
    monkeypatch.setattr("distill_core.runs.preflight.inspect", lambda *_: None)
    return fake
