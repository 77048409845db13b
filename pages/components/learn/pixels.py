"""Small images as addresses that a browser can show."""

from __future__ import annotations

import base64
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from distill_core.figures.palette import PALETTES

Bytes = npt.NDArray[np.uint8]
_IMAGE_BENEATH = 0.35
"""How much of an image is left beneath what is drawn over it."""


def picture_of(image: Bytes) -> str:
    """A grey image `[H, W]`, or one in colour `[H, W, 3]`, as a PNG in an address."""
    return _png(image.tobytes(), image.shape)


def with_attention(image: Bytes, attention: Bytes, role: Literal["teacher", "student", "baseline"]) -> str:
    """An image `[H, W]` with the places where a model is active in the model's colour.

    Args:
        image: grey.
        attention: `[h, w]`, 255 the most active; each of its places covers its share of the image.
        role: whose.
    """
    rows, columns = (np.arange(whole) * part // whole for whole, part in zip(image.shape, attention.shape, strict=True))
    strength = attention[rows][:, columns][:, :, None] / 255
    hue = PALETTES["dark"][role]  # images are on black, whatever the page is on
    colour = np.array([int(hue[at : at + 2], 16) for at in (1, 3, 5)], dtype=float)
    mixed = _IMAGE_BENEATH * image[:, :, None].astype(float) * (1 - strength) + colour * strength
    painted = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return _png(painted.tobytes(), painted.shape)


@lru_cache(maxsize=1024)
def _png(pixels: bytes, shape: tuple[int, ...]) -> str:
    from PIL import Image

    array: npt.NDArray[Any] = np.frombuffer(pixels, dtype=np.uint8).reshape(shape)
    file = BytesIO()
    Image.fromarray(array).save(file, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
