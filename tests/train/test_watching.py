"""One image looked at by teacher and student while the student learns."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from distill_core import DistillConfig, distill
from distill_core.events import Evaluated, Event, Looked, StepLogged, Watching, from_dict
from distill_core.train import trainer
from distill_core.train.control import RunControl
from distill_core.train.watching import LOOKS, SIDE, Watcher


def looks_of(events: list[Event]) -> list[tuple[str, int, int]]:
    return [(event.who, event.epoch, event.step) for event in events if isinstance(event, Looked)]


def test_the_teacher_looks_once_and_the_student_before_the_first_step_and_after_each_epoch(
    kd_config: DistillConfig,
) -> None:
    events: list[Event] = []
    distill(kd_config, on_event=events.append)
    steps = max(event.step for event in events if isinstance(event, StepLogged))
    assert looks_of(events) == [("teacher", 0, 0), ("student", 0, 0), ("student", 1, steps // 2), ("student", 2, steps)]
    (watching,) = (event for event in events if isinstance(event, Watching))
    assert watching.shape == (8, 8, 1)
    assert len(base64.b64decode(watching.pixels)) == 64
    for look in (event for event in events if isinstance(event, Looked)):
        places = base64.b64decode(look.attention)
        assert max(look.shape) <= SIDE
        assert (len(places), max(places)) == (look.shape[0] * look.shape[1], 255)
        assert sum(look.answer) == pytest.approx(1, abs=0.001)
        assert from_dict(json.loads(json.dumps(look.to_dict()))) == look


@pytest.mark.parametrize(
    "settings",
    [
        {"terms": ["at"]},
        pytest.param({"terms": [{"loss": "hint", "weight": 0.001}], "student": "vit-micro"}, marks=pytest.mark.slow),
    ],
)
def test_looking_changes_no_number_of_the_training(
    kd_config: DistillConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    config = kd_config.changed({**settings, "epochs": 1})
    watched: list[Event] = []
    distill(config, folder=tmp_path / "watched", on_event=watched.append)
    monkeypatch.setattr(trainer, "watcher_of", lambda _shop: None)
    alone: list[Event] = []
    distill(config, folder=tmp_path / "alone", on_event=alone.append)
    assert looks_of(watched)
    assert not looks_of(alone)
    one, other = (load_file(tmp_path / name / "last" / "weights.safetensors") for name in ("watched", "alone"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_resumed_run_goes_on_looking_where_it_was(kd_config: DistillConfig, tmp_path: Path) -> None:
    control, events = RunControl(), []

    def stop_after_an_epoch(event: Event) -> None:
        if isinstance(event, Evaluated) and event.who == "student":
            control.stop()

    distill(kd_config, on_event=stop_after_an_epoch, control=control, folder=tmp_path)
    distill(kd_config, on_event=events.append, folder=tmp_path, resume=True)
    assert [(who, epoch) for who, epoch, _step in looks_of(events)] == [("teacher", 0), ("student", 2)]


def test_without_a_teacher_nobody_looks(tiny_config: DistillConfig) -> None:
    events: list[Event] = []
    distill(tiny_config.changed({"epochs": 1}), on_event=events.append)
    assert not any(isinstance(event, Watching | Looked) for event in events)


@pytest.mark.parametrize("epochs", [1, 7, LOOKS, LOOKS + 1, 10_000])
def test_of_many_epochs_a_bounded_number_is_looked_at_evenly_and_the_last_always(epochs: int) -> None:
    shop: Any = SimpleNamespace(config=DistillConfig(training={"epochs": epochs}))  # type: ignore[arg-type]
    watcher = Watcher(shop, None)  # type: ignore[arg-type]
    due = [epoch for epoch in range(1, epochs + 1) if watcher.is_due(epoch)]
    assert len(due) == min(epochs, LOOKS)
    assert due[-1] == epochs
    apart = {later - earlier for earlier, later in pairwise(due)}
    assert len(apart) <= 2
