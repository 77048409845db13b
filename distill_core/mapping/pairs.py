"""The words of a layer map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")
Form = Literal["map", "tokens", "vector"]
Part = Literal["features", "head", "output"]


def patch_grid(tokens: int) -> tuple[int, int] | None:
    """How many leading tokens a vision transformer puts before its square grid of patches, and the grid's side.

    Leading tokens are the class token (1), class and distillation token (2), or class token and four registers (5);
    the fewest that leave a square are taken.

    Args:
        tokens: L, the length of the sequence.

    Returns:
        `(leading, side)` with `leading + side * side == tokens`, or None if no such grid exists.
    """
    for leading in (0, 1, 2, 5):
        side = math.isqrt(max(tokens - leading, 0))
        if side >= 1 and leading + side * side == tokens:
            return leading, side
    return None


@dataclass(frozen=True)
class LayerFacts:
    """One named layer's output, as seen on one batch.

    Attributes:
        name: as in `model.named_modules()`.
        kind: the module's class name.
        shape: of one sample's output: maps `(C, H, W)`, tokens `(L, D)`, vectors `(D,)`.
        order: position in the order of execution, from 0.
        depth: share of the way through the model, 0..1.
        stride: how many input pixels one position of a map or a patch token spans (the input's side over the
            output's); None for vectors.
        stage: which run of blocks of equal stride the layer lies in, from 1; 0 in a stem of single layers before the
            blocks; None after the features.
        is_block: whether a block naturally ends here, as after a residual block or an activation between blocks, and
            not inside one.
        composite: whether the module is made of two layers or more.
        part: the features; the head after them (pooling, hidden layers of the classifier); or the output, the logits.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    order: int
    depth: float
    stride: float | None
    stage: int | None = None
    is_block: bool = False
    composite: bool = False
    part: Part = "features"

    @property
    def form(self) -> Form:
        """What the shape means."""
        return form_of(self.shape)

    @property
    def width(self) -> int:
        """Channels of a map, numbers of a token or a vector."""
        return width_of(self.shape)

    @property
    def places(self) -> int:
        """Positions of a map, or tokens; 1 for a vector."""
        return {"map": math.prod(self.shape[1:]), "tokens": self.shape[0], "vector": 1}[self.form]


def width_of(shape: tuple[int, ...]) -> int:
    """Channels of a map, numbers of a token or a vector."""
    return shape[-1] if form_of(shape) == "tokens" else shape[0]


def evenly(layers: Sequence[T], count: int) -> list[T]:
    """`count` of them at equal distances, the last included."""
    return [layers[math.ceil((i + 1) * len(layers) / count) - 1] for i in range(count)]


def form_of(shape: tuple[int, ...]) -> Form:
    """What a sample's shape of 1 to 3 dimensions means."""
    forms: dict[int, Form] = {3: "map", 2: "tokens", 1: "vector"}
    return forms[len(shape)]


@dataclass(frozen=True)
class Pair:
    """A student layer, the teacher layer it learns from, and why.

    Attributes:
        student, teacher: layer names.
        student_shape, teacher_shape: of one sample's output, as in `LayerFacts`.
        reason: in a user's words, such as "same stride 4, last block of stage 2".
        widening_steps: how many steps the connector takes from the student's width to the teacher's; more than 1 is
            the progressive way.
    """

    student: str
    teacher: str
    student_shape: tuple[int, ...]
    teacher_shape: tuple[int, ...]
    reason: str = ""
    widening_steps: int = 1
