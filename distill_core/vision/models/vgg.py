"""A plain network without shortcuts, in the manner of VGG (Simonyan & Zisserman 2014, 1409.1556), with batch norm.

Three stages of two 3x3 convolutions, widths W, 2W, 4W, each but the last followed by 2x2 max pooling. Layers:
``stage1.block1`` ... ``stage3.block2``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn


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


class VGG8(nn.Module):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stage1 = _stage(channels, width)
        self.stage2 = _stage(width, 2 * width)
        self.stage3 = _stage(2 * width, 4 * width)
        self.shrink = nn.MaxPool2d(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        out = self.shrink(self.stage1(images))
        out = self.shrink(self.stage2(out))
        logits: Tensor = self.classifier(self.pool(self.stage3(out)).flatten(1))
        return logits


def _stage(wide_in: int, wide_out: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict(block1=ConvBlock(wide_in, wide_out), block2=ConvBlock(wide_out, wide_out)))
