"""Events in plain words."""

from __future__ import annotations

import pytest
from made_up_runs import training_events

from distill_core.events import (
    KINDS,
    AnswersKept,
    Checkpointed,
    Evaluated,
    Event,
    Exported,
    Failed,
    Looked,
    Paused,
    Preparing,
    Resumed,
    Stopped,
    Warned,
    Watching,
)
from distill_core.insight.telling import _TELLERS, told


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Preparing("The teacher answers images", 20, 8000), "The teacher answers images: 20 of 8,000 images."),
        (Preparing("The baseline was trained before", 1, 1, "runs"), "The baseline was trained before."),
        (Evaluated(0, 0, "validation", "student", 0.5, 1.0), "Validation of the student before the first step: 50.0%."),
        (
            Evaluated(100, 3, "validation", "student", 0.841, 0.5, best=True),
            "Validation of the student after epoch 3: 84.1%, the best so far.",
        ),
        (Evaluated(100, 3, "test", "teacher", 0.93, 0.5), "Test of the teacher: 93.0%."),
        (Checkpointed(1200, "/a"), "A checkpoint at step 1,200."),
        (Exported("/a", 81_000, 4e-6), "Exported to ONNX: 81 kB; no score differs by more than 0.00001."),
        (Warned("It is slow."), "Note: It is slow."),
        (Looked(100, 3, "student", "", (2, 2)), "The student was asked about the watched image after epoch 3."),
        (
            Watching("", (28, 28, 1), 3, "stage3", "block4"),
            "One validation image is watched, at stage3 of the student and block4 of the teacher.",
        ),
        (Failed("The disk is full."), "Failed: The disk is full."),
    ],
)
def test_an_event_is_a_sentence(event: Event, said: str) -> None:
    assert told(event) == said


def test_every_kind_has_a_sentence() -> None:
    events = [
        *training_events(teacher=True),
        *training_events(teacher=False),
        *(kind(3) for kind in (Paused, Resumed, Stopped)),
        AnswersKept(64, 49_152, 0.1, 0.2, 0.3),
    ]
    assert all(told(event) not in KINDS for event in events)
    assert _TELLERS.keys() == KINDS.keys()
    assert told(events[0]).startswith("resnet8-w8 (19.8k parameters) learns from vgg8-w48 (647k): 1,000 steps on")
