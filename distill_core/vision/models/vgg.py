"""A plain network without shortcuts, in the manner of VGG (Simonyan & Zisserman 2014, 1409.1556), with batch norm.

Three stages of two 3x3 convolutions, widths W, 2W, 4W, each but the last followed by 2x2 max pooling. Layers:
``stage1.block1`` ... ``stage3.block2``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvolutionalNetwork, numbered


class ConvBlock(nn.Sequential):
    """Convolution, norm, ReLU: `[N, wide_in, H, W]` -> `[N, wide_out, H, W]`."""

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(wide_in, wide_out, 3, padding=1, bias=False),
                norm=nn.BatchNorm2d(wide_out),
                relu=nn.ReLU(inplace=True),
            )
        )


class VGG8(ConvolutionalNetwork):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stage1 = _stage(channels, width)
        self.stage2 = _stage(width, 2 * width)
        self.stage3 = _stage(2 * width, 4 * width)
        self.shrink = nn.MaxPool2d(2)
        self.end_with(4 * width, classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 4 width, H/4, W/4]`."""
        out = self.shrink(self.stage1(images))
        features: Tensor = self.stage3(self.shrink(self.stage2(out)))
        return features


def build(channels: int, classes: int, size: tuple[int, int], depth: str, width: str) -> VGG8:  # noqa: ARG001
    """A VGG of 8 layers.

    Raises:
        ConfigError: for another depth, or a width of 0.
    """
    if int(depth) != 8:
        raise ConfigError(f"student: 'vgg{depth}-w{width}' cannot be built; a VGG here has 8 layers, such as vgg8-w48")
    if int(width) < 1:
        raise ConfigError(f"student: 'vgg{depth}-w{width}' cannot be built; the width after 'w' must be at least 1")
    return VGG8(int(width), channels, classes)


def _stage(wide_in: int, wide_out: int) -> nn.Sequential:
    return numbered("block", [ConvBlock(wide_in, wide_out), ConvBlock(wide_out, wide_out)])
