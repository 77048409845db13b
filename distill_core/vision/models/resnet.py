"""ResNets for small images: He et al. 2015 (1512.03385), section 4.2, with a 1x1 projection on the shortcuts.

A stem and three stages of `n` blocks (6n + 2 layers); widths W, 2W, 4W. Layers have names a reader recognises:
``stem``, ``stage1.block1`` ... ``stage3.block{n}``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional


class Stem(nn.Sequential):
    """Convolution, norm, ReLU: `[N, channels, H, W]` -> `[N, width, H, W]`."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(channels, width, 3, padding=1, bias=False),
                norm=nn.BatchNorm2d(width),
                relu=nn.ReLU(inplace=True),
            )
        )


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut: `[N, wide_in, H, W]` -> `[N, wide_out, H/stride, W/stride]`."""

    def __init__(self, wide_in: int, wide_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(wide_in, wide_out, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(wide_out)
        self.conv2 = nn.Conv2d(wide_out, wide_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or wide_in != wide_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(wide_in, wide_out, 1, stride=stride, bias=False), nn.BatchNorm2d(wide_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Features of the block."""
        out = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        out = self.norm2(self.conv2(out))
        return functional.relu(out + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, blocks_per_stage: int, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = Stem(channels, width)
        self.stage1 = _stage(width, width, blocks_per_stage, stride=1)
        self.stage2 = _stage(width, 2 * width, blocks_per_stage, stride=2)
        self.stage3 = _stage(2 * width, 4 * width, blocks_per_stage, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        out = self.stage3(self.stage2(self.stage1(self.stem(images))))
        logits: Tensor = self.classifier(self.pool(out).flatten(1))
        return logits


def _stage(wide_in: int, wide_out: int, blocks: int, stride: int) -> nn.Sequential:
    layers = [BasicBlock(wide_in, wide_out, stride)] + [BasicBlock(wide_out, wide_out, 1) for _ in range(blocks - 1)]
    return nn.Sequential(OrderedDict((f"block{i}", layer) for i, layer in enumerate(layers, start=1)))
