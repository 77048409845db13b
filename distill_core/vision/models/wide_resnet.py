"""Wide ResNets: Zagoruyko & Komodakis 2016 (1605.07146), table 1: few blocks, many channels, norm before convolution.

A stem of 16 channels and three stages of `n` blocks (6n + 4 layers); widths 16k, 32k, 64k. Layers: ``stem``,
``stage1.block1`` ... ``stage3.block{n}``, ``norm``, ``relu``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvolutionalNetwork, residual_stage

STEM = 16


class PreActivationBlock(nn.Module):
    """Norm, ReLU, convolution, twice, around a shortcut: `[N, wide_in, H, W]` -> `[N, wide_out, H/stride, W/stride]`.

    Where shapes change the shortcut is a 1x1 convolution of the activated input (He et al. 2016, 1603.05027, appendix).
    """

    def __init__(self, wide_in: int, wide_out: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(wide_in)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(wide_in, wide_out, 3, stride=stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide_out)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(wide_out, wide_out, 3, padding=1, bias=False)
        self._same_shape = stride == 1 and wide_in == wide_out
        self.shortcut: nn.Module = nn.Identity()
        if not self._same_shape:
            self.shortcut = nn.Conv2d(wide_in, wide_out, 1, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features of the block."""
        activated = self.relu1(self.norm1(x))
        out = self.conv2(self.relu2(self.norm2(self.conv1(activated))))
        added: Tensor = out + self.shortcut(x if self._same_shape else activated)
        return added


class WideResNet(ConvolutionalNetwork):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`."""

    def __init__(self, blocks_per_stage: int, widen: int, channels: int, classes: int) -> None:
        super().__init__()
        widths = [STEM * widen * 2**stage for stage in range(3)]
        self.stem = nn.Conv2d(channels, STEM, 3, padding=1, bias=False)
        self.stage1 = residual_stage(PreActivationBlock, STEM, widths[0], blocks_per_stage, stride=1)
        self.stage2 = residual_stage(PreActivationBlock, widths[0], widths[1], blocks_per_stage, stride=2)
        self.stage3 = residual_stage(PreActivationBlock, widths[1], widths[2], blocks_per_stage, stride=2)
        self.norm = nn.BatchNorm2d(widths[2])
        self.relu = nn.ReLU(inplace=True)
        self.end_with(widths[2], classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 64 widen, H/4, W/4]`, normed and activated."""
        features: Tensor = self.relu(self.norm(self.stage3(self.stage2(self.stage1(self.stem(images))))))
        return features


def build(channels: int, classes: int, size: tuple[int, int], depth: str, widen: str) -> WideResNet:  # noqa: ARG001
    """A wide ResNet of `depth` layers, 6n + 4, `widen` times as wide as the thin one.

    Raises:
        ConfigError: for another depth, or a widening of 0.
    """
    layers = int(depth)
    if layers < 10 or layers % 6 != 4:
        raise ConfigError(
            f"student: 'wrn{depth}-{widen}' cannot be built; a wide ResNet has 10, 16, 22, 28, 34, 40 ... layers"
        )
    if int(widen) < 1:
        raise ConfigError(
            f"student: 'wrn{depth}-{widen}' cannot be built; it is widened at least 1 time, as in wrn16-2"
        )
    return WideResNet((layers - 4) // 6, int(widen), channels, classes)
