"""What a run's events hold of one image, ready to be drawn."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
import pytest

from distill_core.events import Looked, ModelFacts, PhaseSpan, Resumed, Started, Watching
from distill_core.insight.history import RunHistory
from distill_core.insight.looking import epochs_looked_at, likeness, look_at

STARTED = Started(
    ModelFacts("s", 1), ModelFacts("t", 2), "d", ("shirt", "shoe"), 8, 4, 20, 10,
    (PhaseSpan("all", 0, 20, "all"),), "cpu", "32-true", 1, "contiguous",
)  # fmt: skip


def packed(places: Any) -> str:
    return base64.b64encode(np.array(places, dtype=np.uint8).tobytes()).decode()


def looked(who: Literal["student", "teacher"], epoch: int, places: Any, *answer: float) -> Looked:
    array = np.array(places)
    return Looked(10 * epoch, epoch, who, packed(places), array.shape, answer)


def history(*events: Any) -> RunHistory:
    made = RunHistory()
    for event in events:
        made.feed(event)
    return made


WATCHING = Watching(packed(np.arange(16)), (4, 4, 1), 1, "stage2", "stage3")
TEACHERS = looked("teacher", 0, [[255, 0], [0, 255]], 0.25, 0.75)


def test_each_epoch_has_both_maps_their_likeness_and_what_both_answer() -> None:
    run = history(
        STARTED,
        WATCHING,
        TEACHERS,
        looked("student", 0, [[255, 0], [0, 0]], 0.5, 0.5),
        looked("student", 1, [[255, 0], [0, 255]], 0.9, 0.1),
    )
    assert epochs_looked_at(run.student) == [0, 1]
    first, second = (look_at(run.student, epoch) for epoch in (0, 1))
    assert first.likeness == pytest.approx(0.5**0.5)
    assert second.likeness == pytest.approx(1)
    assert second.answers == {"student": ("shirt", 0.9), "teacher": ("shoe", 0.75)}
    assert first.image.tolist() == np.arange(16).reshape(4, 4).tolist()


def test_looks_that_are_taken_again_after_a_checkpoint_are_there_once() -> None:
    students = [looked("student", epoch, [[255, 0], [0, 0]]) for epoch in (0, 1, 2)]
    run = history(STARTED, WATCHING, TEACHERS, *students, Resumed(10), WATCHING, TEACHERS)
    assert epochs_looked_at(run.student) == [0, 1]
    run.feed(students[2])
    assert epochs_looked_at(run.student) == [0, 1, 2]


def test_a_run_that_watched_nothing_shows_nothing() -> None:
    assert epochs_looked_at(history(STARTED).student) == []
    assert epochs_looked_at(history(STARTED, looked("student", 0, [[255]])).student) == []


def test_maps_of_other_sizes_are_compared_at_the_smaller() -> None:
    fine = np.zeros((7, 7), dtype=np.uint8)
    fine[:3, :3] = 200
    coarse = np.array([[255, 0, 0], [0, 0, 0], [0, 0, 0]], dtype=np.uint8)
    assert 0.85 < likeness(fine, coarse) < 1
    assert likeness(fine, np.zeros((3, 3), dtype=np.uint8)) == 0
