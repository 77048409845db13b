"""Teacher and student on one image while the student learns: what a run's events hold of it, ready to be drawn."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from distill_core.events import Looked, Watching

if TYPE_CHECKING:
    from distill_core.insight.history import Track

Bytes = npt.NDArray[np.uint8]
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Look:
    """One moment of the image.

    Attributes:
        epoch: of the student; 0 before its first step.
        image: `[H, W]` grey, or `[H, W, 3]`.
        grey: `[H, W]`, to draw on.
        student, teacher: maps `[h, w]`, 255 where the layer is most active.
        likeness: the cosine between both maps at the size of the smaller, 0..1.
        answers: of "student" and "teacher": the likeliest class and its probability, where answers are kept.
    """

    epoch: int
    image: Bytes
    grey: Bytes
    student: Bytes
    teacher: Bytes
    likeness: float
    answers: dict[str, tuple[str, float]]


def epochs_looked_at(track: Track) -> list[int]:
    """The epochs after which the student looked, in order; empty where nothing can be shown."""
    if track.watching is None or track.teacher_look is None:
        return []
    return [look.epoch for look in track.looks]


def look_at(track: Track, epoch: int) -> Look:
    """What both models made of the image after an epoch, one of `epochs_looked_at`."""
    watching, theirs = track.watching, track.teacher_look
    mine = next(look for look in track.looks if look.epoch == epoch)
    assert watching is not None
    assert theirs is not None
    image = _unpacked(watching.pixels, watching.shape)
    grey = image[:, :, 0] if image.shape[2] == 1 else np.round(image @ np.array(_LUMA)).astype(np.uint8)
    student, teacher = (_unpacked(look.attention, look.shape) for look in (mine, theirs))
    classes = track.started.classes if track.started else ()
    answers = {str(look.who): found for look in (mine, theirs) if (found := _likeliest(look, classes)) is not None}
    return Look(
        epoch=epoch,
        image=grey if image.shape[2] == 1 else image,
        grey=grey,
        student=student,
        teacher=teacher,
        likeness=likeness(student, teacher),
        answers=answers,
    )


def label_of(watching: Watching, classes: tuple[str, ...]) -> str:
    """What the image shows."""
    return classes[watching.label] if watching.label < len(classes) else f"class {watching.label}"


def likeness(first: Bytes, second: Bytes) -> float:
    """The cosine between two maps, the larger averaged down to the smaller; 0 if one is dark everywhere."""
    height, width = (min(sides) for sides in zip(first.shape, second.shape, strict=True))
    one, other = (_averaged(each, height, width).ravel() for each in (first, second))
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def _averaged(places: Bytes, height: int, width: int) -> npt.NDArray[np.float64]:
    """Means over the parts that fall into each of fewer places."""
    rows, columns = (
        [slice(i * whole // part, -(-(i + 1) * whole // part)) for i in range(part)]
        for whole, part in zip(places.shape, (height, width), strict=True)
    )
    return np.array([[places[row, column].mean() for column in columns] for row in rows])


def _likeliest(look: Looked, classes: tuple[str, ...]) -> tuple[str, float] | None:
    if len(look.answer) == 0 or len(look.answer) != len(classes):
        return None
    best = max(range(len(classes)), key=look.answer.__getitem__)
    return classes[best], look.answer[best]


def _unpacked(text: str, shape: tuple[int, ...]) -> Any:
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(shape)
