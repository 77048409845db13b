"""The plainest convolutional network: three convolutions with batch norm and ReLU, 2x2 max pooling between.

Widths W, 2W, 4W. Layers: ``stage1``, ``stage2``, ``stage3``, ``pool``, ``classifier``.
"""

from __future__ import annotations

from distill_core.errors import ConfigError
from distill_core.vision.models.network import ConvBlock, PooledNetwork


def build(channels: int, classes: int, size: tuple[int, int], width: str) -> PooledNetwork:  # noqa: ARG001
    """A plain CNN whose first stage has `width` channels.

    Raises:
        ConfigError: for a width of 0.
    """
    if int(width) < 1:
        raise ConfigError(f"student: 'cnn-w{width}' cannot be built; the width after 'w' must be at least 1")
    return PooledNetwork(ConvBlock, int(width), channels, classes)
