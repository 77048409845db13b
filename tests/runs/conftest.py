"""A stand-in engine, a stand-in edge and a store of their own for tests of runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.events import (
    Evaluated,
    Finished,
    ModelFacts,
    Paused,
    PhaseSpan,
    PhaseStarted,
    Resumed,
    Started,
    StepLogged,
    Stopped,
)
from distill_core.runs.preflight import Preflight
from distill_core.runs.store import Store
from distill_core.task import DataFacts
from distill_core.train.result import ModelScore, RunResult

SHA = "d" * 64


@dataclass
class FakeEngine:
    """Says what the real one says; writes a checkpoint; `fail` raises it half-way.

    From step `rests_at` on it takes no further step until that is None again, or somebody pauses or stops it;
    while it is deaf it does not hear that.
    """

    steps: int = 10
    rests_at: int | None = None
    deaf: bool = False
    fail: dict[str, BaseException] = field(default_factory=dict)
    calls: list[tuple[str, bool]] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)

    def __call__(
        self, config: DistillConfig, *, on_event: Any, control: Any, folder: Path, resume: bool, home: Path
    ) -> RunResult:
        who = "student" if config.teacher else "baseline"
        self.calls.append((who, resume))
        spans = tuple(PhaseSpan(phase.name, 0, self.steps, "all") for phase in config.phases)
        facts, teacher = ModelFacts(config.student, 1000), ModelFacts("big", 9000) if config.teacher else None
        on_event(
            Started(facts, teacher, config.dataset, ("a", "b"), 100, 10, self.steps, 5, spans, "cpu", "32-true", 1, "c")
        )
        if resume:
            on_event(Resumed(0))
        checkpoint = folder / "checkpoint" / "state.safetensors"
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write_bytes(b"x")
        for index in range(len(spans)):
            start = index * self.steps // len(spans)
            on_event(PhaseStarted(spans[index].name, index, start, 100))
            for step in range(start, (index + 1) * self.steps // len(spans)):
                if step == self.steps // 2 and who in self.fail:
                    raise self.fail[who]
                while self.rests_at is not None and step >= self.rests_at and (self.deaf or control.decision == "go"):
                    time.sleep(0.002)
                if control.decision == "pause":
                    on_event(Paused(step))
                    if control.wait_while_paused() == "go":
                        on_event(Resumed(step))
                if control.stopping:
                    on_event(Stopped(step))
                    return self._result(config, "stopped")
                left = 0.1 * (self.steps - step - 1)
                on_event(StepLogged(step + 1, spans[index].name, {"kd": 1.0}, {"kd": 0.9}, 0.9, 0.1, 500.0, 1.0, left))
        on_event(Evaluated(self.steps, 1, "test", "student", 0.8, 0.5))
        result = self._result(config, "finished")
        on_event(Finished(result.to_dict()))
        return result

    def _result(self, config: DistillConfig, status: Any) -> RunResult:
        done = status == "finished"
        accuracy = 0.8 if config.teacher else 0.7
        return RunResult(
            status=status,
            student=ModelScore(config.student, 1000, accuracy, 0.5, 0.81, 1, 0.8) if done else None,
            teacher=ModelScore("big", 9000, 0.9, 0.3) if done and config.teacher else None,
            agreement=0.85 if done and config.teacher else None,
            guessing=0.1,
            kl=None,
            token_agreement=None,
            kl_beyond=None,
            token_agreement_beyond=None,
            answers_kept=None,
            test_inputs=4000,
            labels=400,
            steps=self.steps,
            seconds=1.0,
            images_per_second=500.0,
            cache_hit_rate=0.75 if config.teacher else None,
            teacher_forwards=100,
            fingerprint=config.fingerprint(),
            data_sha256=SHA,
            threads=1,
            memory_format="contiguous",
            versions={"torch": "2"},
        )


@dataclass
class FakeEdge:
    """`edge.jobs` without processes; what is in `fail` raises."""

    fail: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)

    def measure_architectures(self, architectures: dict[str, str], facts: Any, task: str, **_: Any) -> dict[str, Any]:
        self._called("measure_architectures")
        return self._measured(architectures)

    def architecture_files(self, architectures: dict[str, str], facts: Any, task: str, **_: Any) -> dict[str, Path]:
        return {name: Path(f"{architecture}.onnx") for name, architecture in architectures.items()}

    def export_model(self, folder: Path, out: Path, **_: Any) -> dict[str, Any]:
        self._called("export_model")
        return {
            "path": str(out),
            "bytes": 5000,
            "sha256": "e" * 64,
            "parity_max_abs": 1e-6,
            "test_accuracy": 0.8,
            "warnings": ["parity is so-so", "parity is so-so"],
        }

    def measure_files(self, files: dict[str, Path], **_: Any) -> dict[str, Any]:
        self._called("measure_files")
        return self._measured(files)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fail:
            raise OSError(28, f"No space left for {name}")

    def _measured(self, names: Any) -> dict[str, Any]:
        wall = {"p50": 1.0, "p90": 1.1, "p95": 1.2}
        figures = {"cpu_ms": 0.9, "wall_ms": wall, "bytes": 5000, "samples": {"wall_ns": [1] * 100}}
        ratios = {"teacher/student": {"median": 2.0, "low": 1.9, "high": 2.1, "stable": True}}
        return {"machine": {"cpu": "x"}, "models": dict.fromkeys(names, figures), "ratios": ratios, "warnings": []}


def fake_check(config: DistillConfig, home: Path, between: Any = None, progress: Any = None) -> Preflight:
    facts = DataFacts(config.dataset, ("a", "b"), (1, 8, 8), (0.5,), (0.5,), SHA)
    student = (facts, 8000, config.student, 1000)
    return Preflight(*student, "vgg8-w48", 9000) if config.teacher else Preflight(*student)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def edge() -> FakeEdge:
    return FakeEdge()


@pytest.fixture
def check() -> Any:
    return fake_check


@pytest.fixture
def config() -> DistillConfig:
    return DistillConfig(name="Quick start", label_budget=400)


@pytest.fixture
def store(own_home: Path) -> Iterator[Store]:
    with_home = Store(own_home)
    yield with_home
    with_home.close()
