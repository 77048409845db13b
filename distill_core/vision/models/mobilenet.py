"""MobileNetV2 for small images: Sandler et al. 2018 (1801.04381), table 2, with the first two strides left out.

The table's rows are grouped by the size of their maps: ``stem`` and ``stage1`` at the image's size, ``stage2`` at 1/2,
``stage3`` at 1/4, ``stage4`` at 1/8; then ``last`` (1x1 convolution), ``pool``, ``classifier``.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvolutionalNetwork, numbered

# Expansion, channels, blocks, stride of the first block: table 2, the stride of its second row 1 in place of 2.
Row = tuple[int, int, int, int]
STAGES: tuple[tuple[Row, ...], ...] = (
    ((1, 16, 1, 1), (6, 24, 2, 1)),
    ((6, 32, 3, 2),),
    ((6, 64, 4, 2), (6, 96, 3, 1)),
    ((6, 160, 3, 2), (6, 320, 1, 1)),
)
STEM, LAST = 32, 1280


class ConvNorm(nn.Sequential):
    """Convolution, norm and, unless the block is linear, ReLU6: `[N, wide_in, H, W]` -> `[N, wide_out, H', W']`."""

    def __init__(
        self, wide_in: int, wide_out: int, kernel: int, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv=nn.Conv2d(wide_in, wide_out, kernel, stride, kernel // 2, groups=groups, bias=False),
            norm=nn.BatchNorm2d(wide_out),
        )
        if not linear:
            layers["relu"] = nn.ReLU6(inplace=True)
        super().__init__(layers)


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow again, around a shortcut where shapes allow (section 3.3)."""

    def __init__(self, wide_in: int, wide_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = wide_in * expansion
        self.expand: nn.Module = ConvNorm(wide_in, inner, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(inner, inner, 3, stride, groups=inner)
        self.project = ConvNorm(inner, wide_out, 1, linear=True)
        self._shortcut = stride == 1 and wide_in == wide_out

    def forward(self, x: Tensor) -> Tensor:
        """Features of the block."""
        out: Tensor = self.project(self.depthwise(self.expand(x)))
        return out + x if self._shortcut else out


class MobileNetV2(ConvolutionalNetwork):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`; `multiplier` scales every width but the last's."""

    def __init__(self, multiplier: float, channels: int, classes: int) -> None:
        super().__init__()
        width = _rounded(STEM * multiplier)
        self.stem = ConvNorm(channels, width, 3)
        self.stage1, width = _stage(width, multiplier, STAGES[0])
        self.stage2, width = _stage(width, multiplier, STAGES[1])
        self.stage3, width = _stage(width, multiplier, STAGES[2])
        self.stage4, width = _stage(width, multiplier, STAGES[3])
        last = _rounded(LAST * max(1.0, multiplier))
        self.last = ConvNorm(width, last, 1)
        self.end_with(last, classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 1280 or more, H/8, W/8]`."""
        out = self.stage2(self.stage1(self.stem(images)))
        features: Tensor = self.last(self.stage4(self.stage3(out)))
        return features


def build(channels: int, classes: int, size: tuple[int, int], percent: str) -> MobileNetV2:  # noqa: ARG001
    """A MobileNetV2 of `percent` % of the published widths.

    Raises:
        ConfigError: for a width of 0.
    """
    if int(percent) < 1:
        raise ConfigError(
            f"student: 'mobilenetv2-w{percent}' cannot be built; the width is in per cent, such as mobilenetv2-w50"
        )
    return MobileNetV2(int(percent) / 100, channels, classes)


def _stage(width: int, multiplier: float, rows: tuple[Row, ...]) -> tuple[nn.Sequential, int]:
    """The blocks of some rows of the table, and their last width."""
    blocks: list[nn.Module] = []
    for expansion, wide, repeats, stride in rows:
        for repeat in range(repeats):
            wide_in, width = width, _rounded(wide * multiplier)
            blocks.append(InvertedResidual(wide_in, width, expansion, stride if repeat == 0 else 1))
    return numbered("block", blocks), width


def _rounded(width: float) -> int:
    """The nearest multiple of 8, at least 8 and never more than a tenth below."""
    nearest = max(8, int(width + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * width else nearest + 8
