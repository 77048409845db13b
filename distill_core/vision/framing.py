"""A picture from anywhere as a data set's images are; model cards carry these very lines, so they need nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image


def framed(picture: Image, input_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The middle of a picture, as large as the model takes it, uint8 `[C, H, W]`; what is transparent becomes white."""
    from PIL import Image, ImageOps

    channels, height, width = input_shape
    if picture.mode.startswith("I"):  # grey of 16 bits; Pillow alone would make all beyond 255 white
        picture = Image.fromarray((np.asarray(picture, dtype=np.float64) / 257).round().astype(np.uint8))
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    flat = upright.convert("L" if channels == 1 else "RGB")
    wide, high = min(flat.width, flat.height * width / height), min(flat.height, flat.width * height / width)
    left, top = (flat.width - wide) / 2, (flat.height - high) / 2
    middle = flat.crop((round(left), round(top), round(left + wide), round(top + high)))
    pixels = np.asarray(middle.resize((width, height), Image.Resampling.BILINEAR))
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def on_the_other_ground(image: NDArray[np.uint8], mean: tuple[float, ...]) -> bool:
    """Whether a grey image `[1, H, W]` has a bright rim, and the data, by their mean of 0..1, are bright on black."""
    rim = np.concatenate([image[:, 0].ravel(), image[:, -1].ravel(), image[:, :, 0].ravel(), image[:, :, -1].ravel()])
    return bool(len(image) == 1 and rim.mean() > 127 and mean[0] < 0.5)
