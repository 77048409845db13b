"""Runs that never trained, written into a store as if they had."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig
from distill_core.events import (
    Evaluated,
    Event,
    Finished,
    Measured,
    ModelFacts,
    PhaseSpan,
    PhaseStarted,
    Started,
    StepLogged,
)
from distill_core.presets import load
from distill_core.runs.store import Store
from distill_core.vision.datasets.fashion_mnist_mini import CLASSES

STEPS, EPOCHS = 1000, 8
LATENCY = {
    "student": {"cpu_ms": 0.08, "wall_ms": {"p50": 0.083, "p90": 0.09, "p95": 0.1}, "bytes": 81_000},
    "teacher": {"cpu_ms": 1.2, "wall_ms": {"p50": 1.21, "p90": 1.3, "p95": 1.4}, "bytes": 2_600_000},
    "ratio": {"median": 14.6, "low": 14.1, "high": 15.2, "stable": True},
}


def training_events(*, teacher: bool, top: float = 0.85) -> list[Event]:
    """What a training of a thousand steps says; `teacher` tells the student's from the baseline's."""
    student = ModelFacts("resnet8-w8", 19_810, 2_360_000, 80_600)
    large = ModelFacts("vgg8-w48", 647_000, 41_000_000, 2_590_000) if teacher else None
    spans = (
        PhaseSpan("warm-up", 0, 200, "easiest" if teacher else "all"),
        PhaseSpan("distil", 200, 800, "all"),
        PhaseSpan("fine-tune", 800, STEPS, "all"),
    )
    events: list[Event] = [
        Started(
            student, large, "fashion-mnist-mini", ("shirt", "shoe"), 8000, 400, STEPS, STEPS // EPOCHS, spans,
            "cpu", "32-true", 2, "channels_last",
        )
    ]  # fmt: skip
    if teacher:
        events.append(Evaluated(0, 0, "validation", "teacher", 0.925, 0.2))
    for step in range(5, STEPS + 1, 5):
        for index, span in enumerate(spans):
            if span.start == step - 5:
                events.append(PhaseStarted(span.name, index, span.start, 8000))
                if index == 1 and teacher:
                    events.append(Measured(span.start, LATENCY))
        fall = math.exp(-step / 250)
        raw = {"ce": 2.3 * fall + 0.3} | ({"kd": 3 * fall + 0.4} if teacher else {})
        weighted = {"ce": 0.1 * raw["ce"], "kd": 0.9 * raw["kd"]} if teacher else raw
        phase = next(span.name for span in spans if step <= span.stop)
        loss = sum(weighted.values())
        events.append(StepLogged(step, phase, raw, weighted, loss, 0.1, 3200, step / 50, (STEPS - step) / 50, 0.8))
        if step % (STEPS // EPOCHS) == 0:
            epoch = step * EPOCHS // STEPS
            accuracy = top * (1 - 0.5 * math.exp(-epoch / 2))
            of_classes = (accuracy + 0.02, accuracy - 0.02)
            events.append(
                Evaluated(
                    step, epoch, "validation", "student", accuracy, 0.5, accuracy + 0.03, best=True, by_class=of_classes
                )
            )
    events.append(Finished({}))
    return events


def ordinary(**settings: Any) -> DistillConfig:
    """A run like the quickstart, whatever that has become."""
    usual = {"student": "resnet8-w8", "teacher": "vgg8-fashion", "label_budget": 400, "temperature": 4.0, "alpha": 0.9}
    return load("quickstart").changed({**usual, "seed": 0, **settings})


def finish_run(store: Store, **settings: Any) -> str:
    """Writes a finished run with its baseline and an ONNX file into the store; returns its id."""
    accuracy = settings.pop("accuracy", 0.851)
    before = settings.pop("baseline_accuracy", 0.738)
    config = ordinary(**settings)
    run_id = store.create(config)
    baseline_id = store.create(config.baseline_config(), role="baseline", parent=run_id)
    for each, teacher in ((baseline_id, False), (run_id, True)):
        assert store.claim(each)
        store.append_events(each, training_events(teacher=teacher, top=accuracy if teacher else before))
        summary = summary_of(each, store, accuracy if teacher else before, baseline_id if teacher else None, before)
        assert store.finish(each, summary, data_sha256="0" * 64, torch_version="2.14.1")
    return run_id


def fail_run(store: Store, error: str, *, checkpoint: bool = False) -> str:
    """Writes a run that failed, with or without a checkpoint to go on from."""
    run_id = store.create(ordinary(temperature=9.0))
    store.claim(run_id)
    store.set_status(run_id, "failed", error=error)
    if checkpoint:
        folder = store.get(run_id).folder / "checkpoint"
        folder.mkdir(parents=True)
        (folder / "state.safetensors").write_bytes(b"")
    return run_id


def summary_of(run_id: str, store: Store, accuracy: float, baseline_id: str | None, before: float) -> dict[str, Any]:
    """A summary in the form that `runs.summary.summarise` writes."""
    folder = store.get(run_id).folder
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"onnx" * 20_000)
    student = {
        "name": "resnet8-w8",
        "parameters": 19_810,
        "accuracy": accuracy,
        "loss": 0.4,
        "validation_accuracy": 0.85,
    }
    taught = baseline_id is not None
    return {
        "run_id": run_id,
        "status": "finished",
        "student": student,
        "teacher": {"name": "vgg8-w48", "parameters": 647_000, "accuracy": 0.921, "loss": 0.2} if taught else None,
        "baseline": {**student, "run_id": baseline_id, "accuracy": before} if taught else None,
        "retention": accuracy / 0.921 if taught else None,
        "gap_closed": (accuracy - before) / (0.921 - before) if taught else None,
        "gap_closed_why": "The teacher is ahead of the baseline by 16.6 to 20.0 points (95%, 4,000 test images).",
        "agreement": 0.88 if taught else None,
        "seconds": 21.0,
        "images_per_second": 3100.0,
        "labels": 400,
        "test_inputs": 4000,
        "cache_hit_rate": 0.52,
        "onnx": {
            "path": str(folder / "model.onnx"),
            "bytes": 81_000,
            "parity_max_abs": 4e-6,
            "test_accuracy": accuracy,
            "latency_ms": {"p50": 0.083, "p95": 0.1},
            "cpu_ms": 0.08,
        },
        "latency": LATENCY,
        "warnings": [],
    }


def embed_teacher(folder: Path) -> ModelCard:
    """A card as the embedded teachers have it; its weights are nobody's."""
    card = ModelCard(
        task="vision",
        architecture="vgg8-w48",
        classes=CLASSES,
        input_shape=(1, 28, 28),
        mean=(0.286,),
        std=(0.353,),
        dataset="fashion-mnist-rest",
        parameters=600_000,
        accuracy=0.93,
        labels_seen=50_000,
    )
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(card.model_dump_json())
    (folder / "weights.safetensors").write_bytes(b"")
    return card
