"""A network without convolutions: the pixels in one row, then fully connected layers with batch norm and ReLU.

Hinton et al. 2015 (1503.02531), section 3, distil between two of 1200 and of 800 units. Layers: ``layer1`` ...
``layer{n}``, ``classifier``. It takes images of one size alone.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.vision.models.network import Network


class Layer(nn.Sequential):
    """Linear, norm, ReLU: `[N, wide_in]` -> `[N, wide_out]`."""

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__(
            OrderedDict(
                linear=nn.Linear(wide_in, wide_out, bias=False),
                norm=nn.BatchNorm1d(wide_out),
                relu=nn.ReLU(inplace=True),
            )
        )


class MLP(Network):
    """Images `[N, channels, H, W]` of the one size it was built for -> logits `[N, classes]`."""

    def __init__(self, pixels: int, hidden: int, layers: int, classes: int) -> None:
        super().__init__()
        self._names = tuple(f"layer{number}" for number in range(1, layers + 1))
        for name, wide_in in zip(self._names, (pixels, *[hidden] * (layers - 1)), strict=True):
            self.add_module(name, Layer(wide_in, hidden))
        self.classifier = nn.Linear(hidden, classes)
        for module in self.modules():
            if isinstance(module, nn.Linear) and module is not self.classifier and not module.weight.is_meta:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def features(self, images: Tensor) -> Tensor:
        """The last hidden layer `[N, hidden]`."""
        out = images.flatten(1)
        for name in self._names:
            out = getattr(self, name)(out)
        return out

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, classes]` of the last hidden layer `[N, hidden]`."""
        logits: Tensor = self.classifier(features)
        return logits


def build(channels: int, classes: int, size: tuple[int, int], hidden: str, layers: str) -> MLP:
    """An MLP of `layers` hidden layers with `hidden` units each.

    Raises:
        ConfigError: without a layer or a unit.
    """
    if int(hidden) < 1 or int(layers) < 1:
        raise ConfigError(
            f"student: 'mlp-{hidden}x{layers}' cannot be built; it needs at least 1 unit and 1 layer, such as mlp-64x2"
        )
    return MLP(channels * size[0] * size[1], int(hidden), int(layers), classes)
