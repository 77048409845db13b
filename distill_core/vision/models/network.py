"""What every model of the zoo has in common: features, then a head."""

from __future__ import annotations

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


def numbered(name: str, layers: list[nn.Module]) -> nn.Sequential:
    """A sequence whose parts are called `name1`, `name2` and so on."""
    sequence = nn.Sequential()
    for number, layer in enumerate(layers, start=1):
        sequence.add_module(f"{name}{number}", layer)
    return sequence
