"""What every model of the zoo has in common: features, then a head."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn


class Network(nn.Module):
    """Images `[N, channels, H, W]` -> logits `[N, classes]`, in two steps."""

    def features(self, images: Tensor) -> Tensor:
        """What the head reads: the last map `[N, C, H, W]`, tokens `[N, L, D]` or a vector `[N, D]`."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, classes]` of `features`."""
        raise NotImplementedError

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        return self.head(self.features(images))


class ConvolutionalNetwork(Network):
    """A network whose head averages a map over its places and classifies the averages."""

    pool: nn.AdaptiveAvgPool2d
    classifier: nn.Linear

    def end_with(self, width: int, classes: int) -> None:
        """Adds the head and draws the convolutions' weights (He et al. 2015, 1502.01852, fan-out)."""
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, classes]` of a map `[N, C, H, W]`."""
        logits: Tensor = self.classifier(self.pool(features).flatten(1))
        return logits


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


class PooledNetwork(ConvolutionalNetwork):
    """Three stages without shortcuts, widths W, 2W, 4W, each but the last followed by 2x2 max pooling.

    Images `[N, channels, H, W]`, H and W at least 4 -> logits `[N, classes]`.

    Args:
        stage: makes one, `[N, wide_in, H, W]` -> `[N, wide_out, H, W]`, of `wide_in` and `wide_out`.
        width: W.
        channels: of an image.
        classes: to tell apart.
    """

    def __init__(self, stage: Callable[[int, int], nn.Module], width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.stage1 = stage(channels, width)
        self.stage2 = stage(width, 2 * width)
        self.stage3 = stage(2 * width, 4 * width)
        self.shrink = nn.MaxPool2d(2)
        self.end_with(4 * width, classes)

    def features(self, images: Tensor) -> Tensor:
        """The map `[N, 4 width, H/4, W/4]`."""
        out = self.shrink(self.stage1(images))
        features: Tensor = self.stage3(self.shrink(self.stage2(out)))
        return features


def residual_stage(
    block: Callable[[int, int, int], nn.Module], wide_in: int, wide_out: int, blocks: int, stride: int
) -> nn.Sequential:
    """`blocks` of a kind, made of widths and stride; the first changes the map's shape, the others keep it."""
    return numbered(
        "block", [block(wide_in, wide_out, stride), *(block(wide_out, wide_out, 1) for _ in range(blocks - 1))]
    )


def numbered(name: str, layers: list[nn.Module]) -> nn.Sequential:
    """A sequence whose parts are called `name1`, `name2` and so on."""
    sequence = nn.Sequential()
    for number, layer in enumerate(layers, start=1):
        sequence.add_module(f"{name}{number}", layer)
    return sequence
