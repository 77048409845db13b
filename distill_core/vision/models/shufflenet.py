"""ShuffleNetV2 for small images: Ma et al. 2018 (1807.11164), table 5, the stem without its two strides.

Layers: ``stem``, ``stage1.block1`` ... ``stage3.block4`` (the paper's stages 2 to 4; maps of 1/2, 1/4 and 1/8 of the
image), ``last`` (1x1 convolution), ``pool``, ``classifier``.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvolutionalNetwork, numbered

STEM = 24
BLOCKS = (4, 8, 4)
# Widths of the three stages and of the last convolution, by per cent of the published size.
WIDTHS = {
    50: (48, 96, 192, 1024),
    100: (116, 232, 464, 1024),
    150: (176, 352, 704, 1024),
    200: (244, 488, 976, 2048),
}


class Shuffle(nn.Module):
    """Interleaves the two halves of the channels, so that each half sees the other in the next block (figure 3)."""

    def forward(self, x: Tensor) -> Tensor:
        """`[N, C, H, W]` -> `[N, C, H, W]`."""
        shuffled: Tensor = x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)
        return shuffled


class Unit(nn.Module):
    """Half of the channels pass, the other half is convolved (figure 3c)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = _branch(width // 2, width // 2, stride=1)
        self.shuffle = Shuffle()

    def forward(self, x: Tensor) -> Tensor:
        """`[N, C, H, W]` -> `[N, C, H, W]`."""
        passing, changing = x.chunk(2, dim=1)
        mixed: Tensor = self.shuffle(torch.cat([passing, self.branch(changing)], dim=1))
        return mixed


class DownUnit(nn.Module):
    """Both halves are convolved at stride 2 (figure 3d)."""

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(
            OrderedDict(depthwise=_depthwise(wide_in, stride=2), conv=_pointwise(wide_in, wide_out // 2))
        )
        self.branch = _branch(wide_in, wide_out // 2, stride=2)
        self.shuffle = Shuffle()

    def forward(self, x: Tensor) -> Tensor:
        """`[N, wide_in, H, W]` -> `[N, wide_out, H/2, W/2]`."""
        mixed: Tensor = self.shuffle(torch.cat([self.shortcut(x), self.branch(x)], dim=1))
        return mixed


class ShuffleNetV2(ConvolutionalNetwork):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, widths: tuple[int, int, int, int], channels: int, classes: int) -> None:
        super().__init__()
        self.stem = _convolved(channels, STEM, kernel=3)
        self.stage1 = _stage(STEM, widths[0], BLOCKS[0])
        self.stage2 = _stage(widths[0], widths[1], BLOCKS[1])
        self.stage3 = _stage(widths[1], widths[2], BLOCKS[2])
        self.last = _pointwise(widths[2], widths[3])
        self.end_with(widths[3], classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 1024 or more, H/8, W/8]`."""
        features: Tensor = self.last(self.stage3(self.stage2(self.stage1(self.stem(images)))))
        return features


def build(channels: int, classes: int, size: tuple[int, int], percent: str) -> ShuffleNetV2:  # noqa: ARG001
    """A ShuffleNetV2 of one of the four published widths.

    Raises:
        ConfigError: for another width.
    """
    if int(percent) not in WIDTHS:
        known = ", ".join(f"w{width}" for width in WIDTHS)
        raise ConfigError(f"student: 'shufflenetv2-w{percent}' cannot be built; its widths in per cent are {known}")
    return ShuffleNetV2(WIDTHS[int(percent)], channels, classes)


def _stage(wide_in: int, wide_out: int, blocks: int) -> nn.Sequential:
    return numbered("block", [DownUnit(wide_in, wide_out), *(Unit(wide_out) for _ in range(blocks - 1))])


def _convolved(wide_in: int, wide_out: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(wide_in, wide_out, kernel, padding=kernel // 2, bias=False),
            norm=nn.BatchNorm2d(wide_out),
            relu=nn.ReLU(inplace=True),
        )
    )


def _pointwise(wide_in: int, wide_out: int) -> nn.Sequential:
    return _convolved(wide_in, wide_out, kernel=1)


def _depthwise(width: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(width, width, 3, stride, padding=1, groups=width, bias=False), norm=nn.BatchNorm2d(width)
        )
    )


def _branch(wide_in: int, wide_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv1=_pointwise(wide_in, wide_out),
            depthwise=_depthwise(wide_out, stride),
            conv2=_pointwise(wide_out, wide_out),
        )
    )
