"""ResNets for small images: He et al. 2015 (1512.03385), section 4.2, with a 1x1 projection on the shortcuts.

A stem and three stages of `n` blocks (6n + 2 layers); widths W, 2W, 4W. Layers have names a reader recognises:
``stem``, ``stage1.block1`` ... ``stage3.block{n}``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvBlock, ConvolutionalNetwork, residual_stage


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut: `[N, wide_in, H, W]` -> `[N, wide_out, H/stride, W/stride]`."""

    def __init__(self, wide_in: int, wide_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(wide_in, wide_out, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(wide_out)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(wide_out, wide_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or wide_in != wide_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(wide_in, wide_out, 1, stride=stride, bias=False), nn.BatchNorm2d(wide_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Features of the block."""
        out = self.relu1(self.norm1(self.conv1(x)))
        out = self.norm2(self.conv2(out))
        return functional.relu(out + self.shortcut(x), inplace=True)


class ResNet(ConvolutionalNetwork):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, blocks_per_stage: int, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = ConvBlock(channels, width)
        self.stage1 = residual_stage(BasicBlock, width, width, blocks_per_stage, stride=1)
        self.stage2 = residual_stage(BasicBlock, width, 2 * width, blocks_per_stage, stride=2)
        self.stage3 = residual_stage(BasicBlock, 2 * width, 4 * width, blocks_per_stage, stride=2)
        self.end_with(4 * width, classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 4 width, H/4, W/4]`."""
        features: Tensor = self.stage3(self.stage2(self.stage1(self.stem(images))))
        return features


def build(channels: int, classes: int, size: tuple[int, int], depth: str, width: str) -> ResNet:  # noqa: ARG001
    """A ResNet of `depth` layers, 6n + 2.

    Raises:
        ConfigError: for another depth, or a width of 0.
    """
    layers = int(depth)
    if layers < 8 or layers % 6 != 2:
        raise ConfigError(
            f"student: 'resnet{depth}-w{width}' cannot be built; a ResNet here has 8, 14, 20, 26, 32 ... layers"
        )
    if int(width) < 1:
        raise ConfigError(f"student: 'resnet{depth}-w{width}' cannot be built; the width after 'w' must be at least 1")
    return ResNet((layers - 2) // 6, int(width), channels, classes)
