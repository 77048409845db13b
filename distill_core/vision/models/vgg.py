"""A plain network without shortcuts, in the manner of VGG (Simonyan & Zisserman 2014, 1409.1556), with batch norm.

Three stages of two 3x3 convolutions, widths W, 2W, 4W, each but the last followed by 2x2 max pooling. Layers:
``stage1.block1`` ... ``stage3.block2``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from torch import nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvBlock, PooledNetwork, numbered


def build(channels: int, classes: int, size: tuple[int, int], depth: str, width: str) -> PooledNetwork:  # noqa: ARG001
    """A VGG of 8 layers.

    Raises:
        ConfigError: for another depth, or a width of 0.
    """
    if int(depth) != 8:
        raise ConfigError(f"student: 'vgg{depth}-w{width}' cannot be built; a VGG here has 8 layers, such as vgg8-w48")
    if int(width) < 1:
        raise ConfigError(f"student: 'vgg{depth}-w{width}' cannot be built; the width after 'w' must be at least 1")
    return PooledNetwork(_stage, int(width), channels, classes)


def _stage(wide_in: int, wide_out: int) -> nn.Sequential:
    return numbered("block", [ConvBlock(wide_in, wide_out), ConvBlock(wide_out, wide_out)])
