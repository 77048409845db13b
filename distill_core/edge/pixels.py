"""Images as an exported file takes them, made with numpy alone: what a device does before it asks the file.

The numbers are those of `vision.feed.ImageFeed`, without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from distill_core.errors import ConfigError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_GREY = (0.299, 0.587, 0.114)
"""Luma of ITU-R BT.601."""


@dataclass(frozen=True)
class Takes:
    """What a model takes: `input_shape` `(C, H, W)`; `mean` and `std` of each channel, in units of 0..1."""

    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def prepared(images: Pixels, takes: Takes) -> Floats:
    """Stored images, uint8 `[N, C, H, W]`, as a model takes them: float32 `[N, C', H', W']`, normalised.

    They are resized (bilinear, antialiased), grey is repeated for colour and colour weighed to grey.

    Raises:
        ConfigError: if the model's channels cannot be made of the images'.
    """
    channels, height, width = takes.input_shape
    pixels: Floats = images.astype(np.float32)
    if channels != pixels.shape[1] and {channels, pixels.shape[1]} != {1, 3}:
        raise ConfigError(
            f"The images have {pixels.shape[1]} channels and the model takes {channels}; only grey (1) and colour (3) "
            "can be made of each other."
        )
    if channels == 1 and pixels.shape[1] == 3:
        pixels = np.einsum("bchw,c->bhw", pixels, np.array(_GREY, np.float32))[:, None]
    if pixels.shape[2:] != (height, width):
        down, across = _weights(pixels.shape[2], height), _weights(pixels.shape[3], width)
        pixels = np.einsum("yh,bchw,xw->bcyx", down, pixels, across, optimize=True)
    if channels != pixels.shape[1]:
        pixels = np.repeat(pixels, channels, axis=1)
    mean, std = (np.array(each, np.float32).reshape(1, -1, 1, 1) * np.float32(255) for each in (takes.mean, takes.std))
    return np.ascontiguousarray((pixels - mean) * (1 / std), dtype=np.float32)


def _weights(have: int, want: int) -> Floats:
    """What each of `want` places takes of each of `have`, `[want, have]`: a triangle as wide as a place is large."""
    step = have / want
    reach = max(step, 1.0)
    centres = (np.arange(want) + 0.5) * step
    distances = np.abs(np.arange(have) + 0.5 - centres[:, None]) / reach
    triangle = np.maximum(0, 1 - distances)
    weights: Floats = (triangle / triangle.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights
