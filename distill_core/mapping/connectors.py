"""What stands between a student's layer and the teacher's layer it learns from, when their shapes differ.

A connector sits on the student's side and trains with it; the teacher's output stays the fixed target. Its last step is
linear, so that it can reach negative values too.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.mapping.pairs import form_of, patch_grid, width_of

Shape = tuple[int, ...]

LARGEST_STRIDE = 4
"""A strided convolution has stride^2 weights a channel pair: maps that shrink by more are averaged instead."""


class Step(NamedTuple):
    """One step of a connector: what it is called, and how to make it."""

    words: str
    make: Callable[[], nn.Module]


def connect(student_shape: Shape, teacher_shape: Shape, widening_steps: int = 1) -> nn.Module:
    """A module that maps the student's `[N, *student_shape]` to `[N, *teacher_shape]`; identity if they are equal.

    Maps `(C, H, W)` change channels by a 1x1 convolution, and size by a strided convolution (if the student's is larger
    by a whole factor up to 4), average pooling (if it is larger otherwise, or the teacher's has one place) or bilinear
    interpolation. Maps shrink before and grow after the channels change, which is the cheaper order.

    Tokens `(L, D)` become a map by leaving out the leading ones (class, distillation, registers), see `patch_grid`. A
    map becomes tokens by taking the size of the teacher's patch grid; the teacher's leading tokens summarise the whole
    image, so each is predicted from the averaged map by a linear layer of its own.

    Vectors `(D,)` change by a linear layer. A map becomes a vector by averaging over places, tokens by taking the first
    leading token, or the average where there is none. A vector cannot become a map: it has forgotten the places.

    Args:
        student_shape: of one sample's output.
        teacher_shape: likewise.
        widening_steps: in how many steps a narrower student's width grows, each by the same factor. All but the last
            are followed by a norm (batch norm for maps, layer norm else) and a ReLU.

    Raises:
        ConfigError: if the shapes cannot be connected; the message says why.
    """
    steps = [step.make() for step in _steps(student_shape, teacher_shape, widening_steps)]
    if not steps:
        return nn.Identity()
    return steps[0] if len(steps) == 1 else nn.Sequential(*steps)


def plan(student_shape: Shape, teacher_shape: Shape, widening_steps: int = 1) -> str:
    """What `connect` would make, in one line, such as ``1x1 convolution 32 -> 192, then bilinear 8x8 -> 16x16``.

    Raises:
        ConfigError: as `connect`.
    """
    steps = _steps(student_shape, teacher_shape, widening_steps)
    return ", then ".join(step.words for step in steps) or "identity"


def parameters(student_shape: Shape, teacher_shape: Shape, widening_steps: int = 1) -> int:
    """How many parameters `connect` would make, without memory for them.

    Raises:
        ConfigError: as `connect`.
    """
    with torch.device("meta"):
        connector = connect(student_shape, teacher_shape, widening_steps)
    return sum(parameter.numel() for parameter in connector.parameters())


def words_of(shape: Shape) -> str:
    """A sample's shape as people say it: ``64 channels of 8x8``, ``17 tokens of 64``, ``a vector of 128``."""
    if len(shape) == 3:
        return f"{shape[0]} channels of {shape[1]}x{shape[2]}"
    return f"{shape[0]} tokens of {shape[1]}" if len(shape) == 2 else f"a vector of {shape[0]}"


def _steps(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    for shape in (student, teacher):
        if not 1 <= len(shape) <= 3 or any(side < 1 for side in shape):
            raise ConfigError(
                f"connector: a layer of shape {shape} is no map (C, H, W), tokens (L, D) or vector (D,); "
                "choose another layer"
            )
    width, target = width_of(student), width_of(teacher)
    if widening < 1:
        raise ConfigError(f"connector: widening_steps must be at least 1, got {widening}")
    if widening > 1 and width >= target:
        raise ConfigError(
            f"connector: widening in {widening} steps is for a student narrower than its teacher, "
            f"and this one goes from {width} to {target}; use 1 step"
        )
    if student == teacher:
        return []
    make = {
        ("map", "map"): _map_to_map,
        ("map", "tokens"): _map_to_tokens,
        ("map", "vector"): _map_to_vector,
        ("tokens", "map"): _tokens_to_map,
        ("tokens", "tokens"): _tokens_to_tokens,
        ("tokens", "vector"): _tokens_to_vector,
        ("vector", "map"): _vector_to_places,
        ("vector", "tokens"): _vector_to_places,
        ("vector", "vector"): _vector_to_vector,
    }[form_of(student), form_of(teacher)]
    return make(student, teacher, widening)


def _map_to_map(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    (width, *size), (target, *wanted) = student, teacher
    stride = size[0] // wanted[0]
    whole = 2 <= stride <= LARGEST_STRIDE and size == [side * stride for side in wanted]
    if whole and max(wanted) > 1:
        return [_convolutions(width, target, widening, stride)]
    steps = [_convolutions(width, target, widening)] if width != target else []
    if size == wanted:
        return steps
    change = f"{_size(size)} -> {_size(wanted)}"
    if all(have >= want for have, want in zip(size, wanted, strict=True)):
        return [Step(f"average pooling {change}", lambda: nn.AdaptiveAvgPool2d((wanted[0], wanted[1]))), *steps]
    return [*steps, Step(f"bilinear {change}", lambda: Bilinear(wanted[0], wanted[1]))]


def _map_to_tokens(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    leading, side = _grid(teacher)
    patches = _map_to_map(student, (teacher[1], side, side), widening)
    words = ", then ".join([*(step.words for step in patches), f"{side}x{side} places as {side * side} tokens"])
    if leading:
        words += f", beside {_leading(leading)} from the averaged map, linear {student[0]} -> {teacher[1]}"
    return [
        Step(
            words,
            lambda: MapToTokens(nn.Sequential(*(step.make() for step in patches)), student[0], teacher[1], leading),
        )
    ]


def _map_to_vector(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    pool = Step(f"average over {_size(student[1:])}", Average)
    return [pool, *_vector_to_vector(student[:1], teacher, widening)]


def _tokens_to_map(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    leading, side = _grid(student)
    words = f"{side * side} tokens as {side}x{side} places" + (f" ({_leading(leading)} left out)" if leading else "")
    return [
        Step(words, lambda: TokensToMap(leading, side)),
        *_map_to_map((student[1], side, side), teacher, widening),
    ]


def _tokens_to_tokens(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    steps = _vector_to_vector(student[1:], teacher[1:], widening)
    if student[0] == teacher[0]:
        return steps
    have, want = _grid(student), _grid(teacher)
    words = f"patch grid {have[1]}x{have[1]} -> {want[1]}x{want[1]}"
    if want[0] > have[0]:
        words += f", {_leading(want[0] - have[0])} from the average"
    return [Step(words, lambda: ResizeTokens(have, want)), *steps]


def _tokens_to_vector(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    grid = patch_grid(student[0])
    first = grid is not None and grid[0] > 0
    pick = Step("the first token" if first else f"average over {student[0]} tokens", FirstToken if first else Average)
    return [pick, *_vector_to_vector(student[1:], teacher, widening)]


def _vector_to_places(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    width = width_of(teacher)
    if width != torch.Size(teacher).numel():
        raise ConfigError(
            f"connector: {words_of(student)} cannot learn from {words_of(teacher)}, since a vector has forgotten "
            "which place of the image is which; choose a student layer before its pooling, or the teacher's pooled one"
        )
    shaped = Step(f"as {words_of(teacher)}", lambda: nn.Unflatten(1, teacher))
    flat = Step(f"as {words_of(teacher)}", lambda: nn.Unflatten(1, (1, width)))
    return [*_vector_to_vector(student, (width,), widening), shaped if len(teacher) == 3 else flat]


def _vector_to_vector(student: Shape, teacher: Shape, widening: int) -> list[Step]:
    if student == teacher:
        return []
    widths = _widths(student[0], teacher[0], widening)
    words = "linear " + " -> ".join(map(str, widths)) + (" with layer norm and ReLU between" if widening > 1 else "")

    def make() -> nn.Module:
        layers: list[nn.Module] = []
        for wide_in, wide_out in pairwise(widths[:-1]):
            layers += [nn.Linear(wide_in, wide_out, bias=False), nn.LayerNorm(wide_out), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))

    return [Step(words, make)]


def _convolutions(width: int, target: int, widening: int, stride: int = 1) -> Step:
    """Convolutions of stride by stride places, then of one; norm and ReLU after each but the last."""
    widths = _widths(width, target, widening)
    many = "convolutions" if widening > 1 else "convolution"
    words = f"{stride}x{stride} {many} " + " -> ".join(map(str, widths))
    if stride > 1:
        words += f" with stride {stride}" + (" at first" if widening > 1 else "")
    if widening > 1:
        words += ", batch norm and ReLU between"

    def make() -> nn.Module:
        layers: list[nn.Module] = []
        side = stride
        for wide_in, wide_out in pairwise(widths[:-1]):
            layers += [nn.Conv2d(wide_in, wide_out, side, side, bias=False), nn.BatchNorm2d(wide_out), nn.ReLU(True)]
            side = 1
        return nn.Sequential(*layers, nn.Conv2d(widths[-2], widths[-1], side, side))

    return Step(words, make)


class Bilinear(nn.Module):
    """`[N, C, h, w]` -> `[N, C, height, width]`."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.size = (height, width)

    def forward(self, x: Tensor) -> Tensor:
        """The map at its new size."""
        resized: Tensor = functional.interpolate(x, size=self.size, mode="bilinear", align_corners=False)
        return resized


class Average(nn.Module):
    """Mean over places: `[N, C, H, W]` -> `[N, C]`, `[N, L, D]` -> `[N, D]`."""

    def forward(self, x: Tensor) -> Tensor:
        """The mean."""
        return x.mean(dim=(2, 3)) if x.dim() == 4 else x.mean(dim=1)


class FirstToken(nn.Module):
    """`[N, L, D]` -> `[N, D]`, the class token."""

    def forward(self, x: Tensor) -> Tensor:
        """The token."""
        return x[:, 0]


class TokensToMap(nn.Module):
    """`[N, leading + side * side, D]` -> `[N, D, side, side]`; the leading tokens are left out."""

    def __init__(self, leading: int, side: int) -> None:
        super().__init__()
        self.leading, self.side = leading, side

    def forward(self, x: Tensor) -> Tensor:
        """The map."""
        patches: Tensor = x[:, self.leading :].transpose(1, 2)
        return patches.reshape(*patches.shape[:2], self.side, self.side)


class MapToTokens(nn.Module):
    """`[N, width, H, W]` -> `[N, leading + side * side, target]`.

    Args:
        patches: maps `[N, width, H, W]` to `[N, target, side, side]`.
        width: of the map.
        target: of a token.
        leading: tokens before the patches, each read from the averaged map.
    """

    def __init__(self, patches: nn.Module, width: int, target: int, leading: int) -> None:
        super().__init__()
        self.patches = patches
        self.leading = nn.Linear(width, leading * target) if leading else None
        self.target = target

    def forward(self, x: Tensor) -> Tensor:
        """The tokens."""
        tokens: Tensor = self.patches(x).flatten(2).transpose(1, 2)
        if self.leading is None:
            return tokens
        return torch.cat([self.leading(x.mean(dim=(2, 3))).unflatten(1, (-1, self.target)), tokens], dim=1)


class ResizeTokens(nn.Module):
    """`[N, L, D]` -> `[N, L', D]`: the grid of patches is resized; leading tokens stay, missing ones are the average.

    Args:
        have, want: `(leading, side)` as of `patch_grid`.
    """

    def __init__(self, have: tuple[int, int], want: tuple[int, int]) -> None:
        super().__init__()
        self.have, self.want = have, want
        self.to_map = TokensToMap(*have)

    def forward(self, x: Tensor) -> Tensor:
        """The tokens of the new grid."""
        patches = self.to_map(x)
        side = self.want[1]
        if side < self.have[1]:
            resized = functional.adaptive_avg_pool2d(patches, side)
        else:
            resized = functional.interpolate(patches, size=(side, side), mode="bilinear", align_corners=False)
        kept = x[:, : min(self.have[0], self.want[0])]
        average = patches.mean(dim=(2, 3)).unsqueeze(1).expand(-1, self.want[0] - kept.shape[1], -1)
        return torch.cat([kept, average, resized.flatten(2).transpose(1, 2)], dim=1)


def _widths(width: int, target: int, steps: int) -> list[int]:
    """From the student's width to the teacher's, each wider by about the same factor."""
    return [width, *(round(width * (target / width) ** (i / steps)) for i in range(1, steps)), target]


def _grid(shape: Shape) -> tuple[int, int]:
    grid = patch_grid(shape[0])
    if grid is None:
        raise ConfigError(
            f"connector: {words_of(shape)} are no square grid of patches after 0, 1, 2 or 5 leading tokens, so they "
            "cannot take another size; choose layers with equally many tokens"
        )
    return grid


def _leading(count: int) -> str:
    return "1 leading token" if count == 1 else f"{count} leading tokens"


def _size(sides: tuple[int, ...] | list[int]) -> str:
    return "x".join(map(str, sides))
