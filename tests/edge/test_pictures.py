"""A reader's own picture becomes what the data set's images are, or a sentence says why not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distill_core.edge.pictures import inverted, opened, png, size_of
from distill_core.errors import DistillError
from distill_core.vision.datasets.folder import _read_image
from distill_core.vision.framing import on_the_other_ground


def saved(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def test_of_a_wide_picture_the_middle_square_is_taken() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = (200, 100, 50)
    image = opened(saved(Image.fromarray(wide)), (3, 8, 8))
    assert image.shape == (3, 8, 8)
    assert image.reshape(3, -1).std(axis=1).max() < 1, "nothing of the black sides is in it"
    np.testing.assert_array_equal(image[:, 4, 4], (200, 100, 50))


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "P", "I;16"])
def test_a_picture_is_what_training_made_of_it_in_a_folder(mode: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (23, 41, 4), np.uint8)
    if mode == "I;16":
        picture = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(noise).convert(mode)
    (tmp_path / "one.png").write_bytes(saved(picture))
    np.testing.assert_array_equal(_read_image(tmp_path / "one.png", 12), opened(saved(picture), (3, 12, 12)))


def test_what_is_transparent_becomes_white_and_grey_is_asked_for() -> None:
    clear = Image.fromarray(np.zeros((10, 10, 4), np.uint8))
    image = opened(saved(clear), (1, 5, 5))
    assert image.shape == (1, 5, 5)
    assert (image == 255).all()
    assert on_the_other_ground(image, (0.3,))
    assert (inverted(image) == 0).all()
    assert not on_the_other_ground(inverted(image), (0.3,))


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"no picture at all", "no PNG or JPEG"),
        (saved(Image.new("RGB", (40, 40)), "GIF"), "no PNG or JPEG"),
        (saved(Image.effect_noise((60, 60), 90), "PNG")[:900], "damaged"),
    ],
)
def test_what_cannot_be_read_is_said(payload: bytes, sentence: str) -> None:
    with pytest.raises(DistillError, match=sentence):
        opened(payload, (1, 8, 8))


def test_a_picture_of_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill_core.edge.pictures.MOST_PIXELS", 99)
    with pytest.raises(DistillError, match="10 × 10 pixels"):
        opened(saved(Image.new("L", (10, 10))), (1, 8, 8))


def test_an_enlarged_image_has_a_square_for_each_pixel() -> None:
    image = np.array([[[0, 255]]], np.uint8)
    large = np.asarray(Image.open(io.BytesIO(png(image, 3))))
    np.testing.assert_array_equal(large, np.repeat([[0] * 3 + [255] * 3], 3, axis=0))


def test_grey_of_sixteen_bits_is_scaled_and_not_cut_off_at_white() -> None:
    ramp = np.linspace(0, 65535, 28 * 28).round().astype(np.uint16).reshape(28, 28)
    image = opened(saved(Image.fromarray(ramp)), (1, 28, 28))
    assert np.abs(image[0].astype(float) - ramp / 257).max() <= 1


def test_a_bright_rim_is_the_other_ground_only_for_grey_data_that_are_bright_on_black() -> None:
    bright = np.full((1, 4, 4), 255, np.uint8)
    assert on_the_other_ground(bright, (0.3,))
    assert not on_the_other_ground(bright, (0.8,)), "the data are dark on white themselves"
    assert not on_the_other_ground(bright.repeat(3, axis=0), (0.3, 0.3, 0.3))


def test_a_pictures_size_is_that_of_the_upright_one() -> None:
    assert size_of(saved(Image.new("L", (30, 20)))) == (30, 20)
