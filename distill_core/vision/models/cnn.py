"""The plainest convolutional network: three convolutions with batch norm and ReLU, 2x2 max pooling between.

Widths W, 2W, 4W. Layers: ``stage1``, ``stage2``, ``stage3``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvolutionalNetwork
from distill_core.vision.models.vgg import ConvBlock


class PlainCNN(ConvolutionalNetwork):
    """Images `[N, channels, H, W]`, H and W at least 4 -> logits `[N, classes]`."""

    def __init__(self, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stage1 = ConvBlock(channels, width)
        self.stage2 = ConvBlock(width, 2 * width)
        self.stage3 = ConvBlock(2 * width, 4 * width)
        self.shrink = nn.MaxPool2d(2)
        self.end_with(4 * width, classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 4 width, H/4, W/4]`."""
        out = self.shrink(self.stage1(images))
        features: Tensor = self.stage3(self.shrink(self.stage2(out)))
        return features


def build(channels: int, classes: int, size: tuple[int, int], width: str) -> PlainCNN:  # noqa: ARG001
    """A plain CNN whose first stage has `width` channels.

    Raises:
        ConfigError: for a width of 0.
    """
    if int(width) < 1:
        raise ConfigError(f"student: 'cnn-w{width}' cannot be built; the width after 'w' must be at least 1")
    return PlainCNN(int(width), channels, classes)
