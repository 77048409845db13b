"""Batches of images from memory: augmentation, normalisation and memory format in a few tensor operations.

Augmentation is a pure function of (augmentation_seed, image, draw): draw `d` of image `i` has the same crop and the
same flip in every run, on every pass, in any batch. That is what lets a teacher's answers be kept. It happens on the
images as stored; only then they are made what a model takes, so two models of other sizes see the same version.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from distill_core.config import Augmentation
from distill_core.errors import ConfigError
from distill_core.task import DataFacts, Inputs, Split
from distill_core.vision.augment import RandomChanges

_KEPT_DRAWS = 8
# Luma of ITU-R BT.601, as Pillow and torchvision turn colour to grey.
_GREY = (0.299, 0.587, 0.114)


class ImageFeed:
    """Makes model inputs `[B, C, H, W]` (float32, normalised) from a split held as uint8 `[N, C, H, W]`.

    Args:
        split: the images.
        facts: mean and standard deviation per channel, in units of 0..1.
        augmentation: random crop, flip and RandAugment; None for none.
        device: where the images are kept and the batches made.
        channels_last: the memory format of the batches.
        inputs: shape, mean and standard deviation that the model takes, if they are not the data's: images are resized
            (bilinear, antialiased), grey is repeated for colour and colour weighed to grey, then normalised.
        changes: RandAugment's images, to share them with another feed of the same split; None makes them here.

    Raises:
        ConfigError: if the model takes channels that cannot be made of the data's.
    """

    def __init__(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,
        device: torch.device,
        channels_last: bool,
        inputs: Inputs | None = None,
        changes: RandomChanges | None = None,
    ) -> None:
        self._count, self._channels, self._height, self._width = split.inputs.shape
        wanted = inputs or facts
        self._wanted = _wanted_shape(wanted, facts, self._channels)
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        self._augmentation = augmentation
        self._padding = augmentation.crop_padding if augmentation else 0
        images = split.inputs.to(device)
        # Scaled to 0..255, so that a batch is normalised by one subtraction and one multiplication.
        self._mean = torch.tensor(wanted.mean, device=device).mul(255).view(1, -1, 1, 1)
        self._scale = torch.tensor(wanted.std, device=device).mul(255).reciprocal().view(1, -1, 1, 1)
        self._images = images
        # A view, not a copy: windows[i, :, y, x] is the crop of image i whose corner is (y, x).
        padded = functional.pad(images, [self._padding] * 4) if self._padding else images
        self._windows = padded.unfold(2, self._height, 1).unfold(3, self._width, 1)
        self._draw = lru_cache(maxsize=_KEPT_DRAWS)(self._make_draw)
        self._changes = None
        if augmentation is not None and augmentation.randaugment:
            self._changes = changes or RandomChanges(split.inputs, augmentation)

    def plain(self, indices: Tensor) -> Tensor:
        """Inputs `[B, C, H, W]` for images `[B]` as they are."""
        return self._normalised(self._images[indices.to(self._images.device)])

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Inputs `[B, C, H, W]` for images `[B]`, each in its augmented version `draws [B]`."""
        if self._augmentation is None:
            return self.plain(indices)
        if self._changes is not None:
            changed = self._changes.changed(indices.cpu(), draws.cpu(), self._crops)
            return self._normalised(changed.to(self._images.device))
        return self._normalised(self._crops(indices, draws))

    def _crops(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Cropped and mirrored images, uint8 `[B, C, H, W]`."""
        assert self._augmentation is not None
        device = self._images.device
        top, left, flip = (choice.to(device) for choice in self._choices(indices, draws))
        indices = indices.to(device)
        crops = self._windows[indices, :, top, left] if self._padding else self._images[indices]
        if self._augmentation.flip:
            crops = torch.where(flip.view(-1, 1, 1, 1), crops.flip(-1), crops)
        return crops

    def _normalised(self, images: Tensor) -> Tensor:
        pixels = images.to(torch.float32, memory_format=self._format)
        if self._wanted != (self._channels, self._height, self._width):
            pixels = self._fitted(pixels).contiguous(memory_format=self._format)
        return pixels.sub_(self._mean).mul_(self._scale)

    def _fitted(self, pixels: Tensor) -> Tensor:
        """Pixels in the size and channels that the model takes, `[B, C', H', W']`; a tensor of its own."""
        channels, *size = self._wanted
        if channels == 1 and self._channels == 3:
            pixels = torch.einsum("bchw,c->bhw", pixels, pixels.new_tensor(_GREY)).unsqueeze(1)
        if size != [self._height, self._width]:
            pixels = functional.interpolate(pixels, size=size, mode="bilinear", antialias=True, align_corners=False)
        if pixels.shape[1] != channels:
            pixels = pixels.repeat(1, channels, 1, 1)
        return pixels

    def _choices(self, indices: Tensor, draws: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Crop corners and flips, each `[B]`; a batch rarely spans more than two draws."""
        first = int(draws[0])
        top, left, flip = (table[indices] for table in self._draw(first))
        if not bool((draws == first).all()):
            for draw in draws.unique().tolist():
                here = draws == draw
                for chosen, table in zip((top, left, flip), self._draw(int(draw)), strict=True):
                    chosen[here] = table[indices[here]]
        return top, left, flip

    def _make_draw(self, draw: int) -> tuple[Tensor, Tensor, Tensor]:
        """The crop corners and flips of every image for one draw, each `[N]`."""
        assert self._augmentation is not None
        generator = torch.Generator().manual_seed(self._augmentation.augmentation_seed * 1_000_003 + draw)
        corners = torch.randint(0, 2 * self._padding + 1, (2, self._count), generator=generator)
        flip = torch.rand(self._count, generator=generator) < 0.5
        return corners[0], corners[1], flip


def _wanted_shape(wanted: Inputs, facts: DataFacts, channels: int) -> tuple[int, ...]:
    if wanted.input_shape[0] != channels and {wanted.input_shape[0], channels} != {1, 3}:
        raise ConfigError(
            f"{facts.name} has {channels} channels and the model takes {wanted.input_shape[0]}; "
            "only grey (1) and colour (3) can be made of each other"
        )
    return tuple(wanted.input_shape)
