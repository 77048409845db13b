"""Augmentation beyond crop and flip: RandAugment for each image, mixup and cutmix for each batch.

Each is a pure function of its arguments and a seed, so that teacher and student see the same images, whatever size and
normalisation each of them takes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from distill_core.config import Augmentation

OPERATIONS = 2
_KEPT_BYTES = 256 * 2**20
_MIX_STREAM, _CHANGE_STREAM = 1, 2

Box = tuple[float, float, float, float]


class RandomChanges:
    """RandAugment (Cubuk et al. 2019, 1909.13719) of a split's images, each draw of each image computed once.

    Args:
        images: the split's, uint8 `[N, C, H, W]`; only their number, shape and identity are used.
        augmentation: its seed and RandAugment's magnitude.
    """

    def __init__(self, images: Tensor, augmentation: Augmentation) -> None:
        from torchvision.transforms import v2

        self.images = images
        self._seed = augmentation.augmentation_seed
        self._change = v2.RandAugment(OPERATIONS, augmentation.randaugment_magnitude)
        self._kept = max(2, min(16, _KEPT_BYTES // max(1, images.numel())))
        self._draws: OrderedDict[int, tuple[Tensor, Tensor]] = OrderedDict()

    def changed(self, indices: Tensor, draws: Tensor, crops: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Changed images, uint8 `[B, C, H, W]` on the CPU.

        Args:
            indices: images `[B]`, on the CPU.
            draws: the draw of each, `[B]`.
            crops: gives the images `[M, C, H, W]` to change for indices `[M]` and draws `[M]`.
        """
        batch = torch.empty(len(indices), *self.images.shape[1:], dtype=torch.uint8)
        for draw in draws.unique().tolist():
            here = draws == draw
            of_draw = indices[here]
            table, known = self._of(int(draw))
            missing = of_draw[~known[of_draw]].unique()
            if len(missing):
                fresh = crops(missing, torch.full_like(missing, int(draw))).cpu()
                table[missing] = self._made(fresh, missing, int(draw))
                known[missing] = True
            batch[here] = table[of_draw]
        return batch

    def _of(self, draw: int) -> tuple[Tensor, Tensor]:
        if draw not in self._draws:
            while len(self._draws) >= self._kept:
                self._draws.popitem(last=False)
            known = torch.zeros(len(self.images), dtype=torch.bool)
            self._draws[draw] = torch.empty_like(self.images, device="cpu"), known
        self._draws.move_to_end(draw)
        return self._draws[draw]

    def _made(self, crops: Tensor, indices: Tensor, draw: int) -> Tensor:
        """RandAugment draws from torch's own generator, which gets a seed for each image, and its state back."""
        generator = torch.default_generator
        before = generator.get_state()
        try:
            changed = []
            for crop, index in zip(crops, indices.tolist(), strict=True):
                generator.manual_seed(_seed(self._seed, index, draw, _CHANGE_STREAM))
                changed.append(self._change(crop))
        finally:
            generator.set_state(before)
        return torch.stack(changed)


@dataclass(frozen=True)
class Mix:
    """How a batch is mixed with itself.

    Attributes:
        partners: `[B]`, the place in the batch of the image mixed into each.
        share: of each image that is its own; labels are mixed in the same proportion.
        box: top, left, bottom and right of what the partner gives, as shares of the image; None blends all of it.
    """

    partners: Tensor
    share: float
    box: Box | None = None

    def applied(self, batch: Tensor) -> Tensor:
        """The mixed batch; takes any size, channels and normalisation, and leaves its argument alone.

        Args:
            batch: model inputs `[B, C, H, W]`.
        """
        partners = self.partners.to(batch.device)
        if self.box is None:
            return batch.lerp(batch[partners], 1 - self.share)
        height, width = batch.shape[2:]
        top, left, bottom, right = (
            round(edge * size) for edge, size in zip(self.box, (height, width) * 2, strict=True)
        )
        mixed = batch.clone()
        mixed[:, :, top:bottom, left:right] = batch[partners, :, top:bottom, left:right]
        return mixed


def mix_of(augmentation: Augmentation, step: int, batch: int, size: tuple[int, int]) -> Mix | None:
    """The mix of a step: a pure function of (augmentation_seed, step, batch, size); None without mixup and cutmix.

    Mixup: Zhang et al. 2017 (1710.09412), eq. 1. Cutmix: Yun et al. 2019 (1905.04899), eq. 1-2. With both, each step
    takes one or the other with equal chance.

    Args:
        augmentation: its seed and the two alphas; shares are drawn from Beta(alpha, alpha).
        step: of the whole training, from 0.
        batch: B.
        size: height and width of the data's images; cutmix's box is made of whole pixels of theirs.
    """
    if not augmentation.mixup and not augmentation.cutmix:
        return None
    random = np.random.default_rng((augmentation.augmentation_seed, step, _MIX_STREAM))
    partners = torch.from_numpy(random.permutation(batch))
    blends = random.random() < 0.5 if augmentation.mixup and augmentation.cutmix else bool(augmentation.mixup)
    alpha = augmentation.mixup if blends else augmentation.cutmix
    share = float(random.beta(alpha, alpha))
    if blends:
        return Mix(partners, share)
    height, width = size
    top, bottom = _edges(height, share, random)
    left, right = _edges(width, share, random)
    covered = (bottom - top) * (right - left) / (height * width)
    return Mix(partners, 1 - covered, (top / height, left / width, bottom / height, right / width))


def _edges(length: int, share: float, random: np.random.Generator) -> tuple[int, int]:
    """First and last pixel of a side `sqrt(1 - share)` long around a place anywhere, cut at the image's border."""
    centre, half = int(random.integers(length)), int(length * (1 - share) ** 0.5) / 2
    return max(0, int(centre - half)), min(length, int(centre + half))


def _seed(*numbers: int) -> int:
    """A seed in which numbers that differ give streams that have nothing in common."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
