"""The shapes a layer's output comes in, and how a loss brings two of them together.

Maps `[N, C, H, W]` come from convolutions, tokens `[N, L, D]` from transformers, vectors `[N, D]` from heads.
Shapes given as tuples are of one sample, without N, as in `Pair`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.mapping.pairs import form_of, patch_grid


def check_same_shape(student: Tensor, teacher: Tensor) -> None:
    """Raises ValueError if the two differ in shape, which broadcasting would hide."""
    if student.shape != teacher.shape:
        raise ValueError(f"student {tuple(student.shape)} and teacher {tuple(teacher.shape)} differ in shape")


def check_temperature(temperature: float) -> None:
    """Raises ValueError if it is not above 0."""
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")


def _grid(tokens: int) -> tuple[int, int]:
    grid = patch_grid(tokens)
    if grid is None:
        raise ConfigError(
            f"A layer gives {tokens} tokens, which make no square of patches, with or without class tokens. "
            "Pair another layer."
        )
    return grid


def as_map(features: Tensor) -> Tensor:
    """Lays tokens out as the map of patches they are; a map stays as it is, a vector becomes a map of one place.

    Args:
        features: `[N, C, H, W]`, `[N, L, D]` (leading class tokens are dropped) or `[N, D]`.

    Returns:
        `[N, C, H, W]`.

    Raises:
        ConfigError: if the tokens make no square.
    """
    if features.dim() == 4:
        return features
    if features.dim() == 2:
        return features[:, :, None, None]
    leading, side = _grid(features.shape[1])
    return features[:, leading:].transpose(1, 2).reshape(features.shape[0], features.shape[2], side, side)


def map_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """`(C, H, W)` that `as_map` makes of this shape.

    Raises:
        ConfigError: if the tokens make no square.
    """
    form = form_of(shape)
    if form == "map":
        return shape[0], shape[1], shape[2]
    if form == "vector":
        return shape[0], 1, 1
    _, side = _grid(shape[0])
    return shape[1], side, side


def pooled(features: Tensor) -> Tensor:
    """One vector a sample: the mean over places (maps) or patches (tokens); vectors stay as they are.

    Tokens that make no square are all averaged, since nobody can tell which of them are patches.

    Returns:
        `[N, D]`.
    """
    if features.dim() == 4:
        return features.mean(dim=(2, 3))
    if features.dim() == 2:
        return features
    leading, _ = patch_grid(features.shape[1]) or (0, 0)
    return features[:, leading:].mean(dim=1)


def to_common_size(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Brings two maps to the smaller height and the smaller width by average pooling.

    Args:
        first: `[N, C, H, W]`.
        second: `[N, C', H', W']`.

    Returns:
        `[N, C, min(H, H'), min(W, W')]` and the same of the other.
    """
    size = min(first.shape[2], second.shape[2]), min(first.shape[3], second.shape[3])

    def shrink(features: Tensor) -> Tensor:
        return features if features.shape[2:] == torch.Size(size) else functional.adaptive_avg_pool2d(features, size)

    return shrink(first), shrink(second)
