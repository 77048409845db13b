"""Pictures as files, in and out: a reader's own opened as a data set's images are, and an image made a PNG."""

from __future__ import annotations

import io

import numpy as np

from distill_core.edge.pixels import Pixels
from distill_core.errors import DistillError
from distill_core.vision.framing import framed

MOST_PIXELS = 40_000_000
ORIENTATION, TURNED = 0x0112, 5
"""The EXIF tag that says how a camera was held; from this value on, width and height change places."""


def opened(payload: bytes, input_shape: tuple[int, ...]) -> Pixels:
    """A PNG or JPEG file as uint8 `[C, H, W]`: its middle, resized; what is transparent becomes white.

    Args:
        payload: the file's content.
        input_shape: `(C, H, W)` of the data set's images.

    Raises:
        DistillError: if it is no such picture, is damaged, or is too large.
    """
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(payload), formats=("PNG", "JPEG"))
    except Exception:
        raise DistillError("This file is no PNG or JPEG picture. Save it as one of these and try again.") from None
    if picture.width * picture.height > MOST_PIXELS:
        raise DistillError(
            f"This picture has {picture.width:,} × {picture.height:,} pixels; at most {MOST_PIXELS // 10**6} million "
            "are read. Make it smaller and try again."
        )
    try:
        return framed(picture, input_shape)
    except Exception:
        raise DistillError("This picture is damaged: it ends too early or cannot be decoded.") from None


def size_of(payload: bytes) -> tuple[int, int]:
    """Width and height of a picture file that `opened` takes, as it is looked at."""
    from PIL import Image

    picture = Image.open(io.BytesIO(payload))
    lying = picture.getexif().get(ORIENTATION, 1) >= TURNED
    return (picture.height, picture.width) if lying else picture.size


def inverted(image: Pixels) -> Pixels:
    """Bright for dark and dark for bright."""
    return (255 - image).astype(np.uint8)


def png(image: Pixels, enlarged: int = 1) -> bytes:
    """An image `[C, H, W]` as a PNG file, each pixel a square of so many."""
    from PIL import Image

    large = image.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
    picture = Image.fromarray(large[0] if len(large) == 1 else np.ascontiguousarray(large.transpose(1, 2, 0)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
