"""Small models of every kind that the tests map onto each other, and the images they read."""

from __future__ import annotations

from functools import cache

import torch
import torchvision
from torch import Tensor, nn

from distill_core.mapping.layers import list_layers
from distill_core.mapping.pairs import LayerFacts
from distill_core.vision.models import build


def vit(blocks: int, patch: int = 8, width: int = 32) -> nn.Module:
    return torchvision.models.VisionTransformer(
        image_size=32, patch_size=patch, num_layers=blocks, num_heads=2, hidden_dim=width, mlp_dim=64, num_classes=10
    )


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(inplace=True), nn.Linear(32, 10)
    )


CLASSIC = ("resnet8-w8", "resnet20-w16", "vgg8-w48")
ZOO = (*CLASSIC, "cnn-w8", "wrn10-1", "mobilenetv2-w25", "shufflenetv2-w50", "vit-micro", "deit-32x2", "mlp-64x2")
TORCHVISION = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x0_5")
OTHERS = ("vit", "vit-deep", "mlp")
EVERY = (*ZOO, *TORCHVISION, *OTHERS)


@cache
def model(name: str) -> nn.Module:
    if name in ZOO:
        return build(name, channels=1, classes=10, seed=0, size=(28, 28))
    torch.manual_seed(0)
    if name in TORCHVISION:
        made: nn.Module = getattr(torchvision.models, name)(weights=None, num_classes=10)
        return made
    return {"vit": lambda: vit(2), "vit-deep": lambda: vit(6, patch=4, width=64), "mlp": mlp}[name]()


def images(name: str, count: int = 2) -> Tensor:
    channels, side = (3, 64) if name in TORCHVISION else (3, 32) if name in ("vit", "vit-deep") else (1, 28)
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(1))


@cache
def layers(name: str) -> tuple[LayerFacts, ...]:
    return list_layers(model(name), images(name))
