"""Architectures by name: ``resnet8-w8`` is a ResNet of 8 layers whose first stage has 8 channels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from distill_core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from torch import nn

LADDER = (
    "resnet8-w2",
    "resnet8-w4",
    "resnet8-w8",
    "resnet8-w12",
    "resnet8-w16",
    "resnet14-w16",
    "resnet20-w16",
)
LARGE = ("vgg8-w48",)

_NAME = re.compile(r"^(resnet|vgg)(\d{1,3})-w(\d{1,3})$")


def title(architecture: str) -> str:
    """The name as people say it: ``resnet8-w8`` -> ``ResNet-8, width 8``."""
    family, depth, width = _parts(architecture)
    return f"{ {'resnet': 'ResNet', 'vgg': 'VGG'}[family] }-{depth}, width {width}"


def build(architecture: str, channels: int, classes: int, seed: int) -> nn.Module:
    """An untrained model; the same seed gives the same weights, and torch's global generator is left alone.

    Args:
        architecture: a name of the ladder, or any other of the two families: ``resnet{6n+2}-w{W}``, ``vgg8-w{W}``.
        channels: of the input images.
        classes: outputs.
        seed: decides the initial weights.

    Raises:
        ConfigError: if there is no such architecture.
    """
    import torch

    from distill_core.vision.models.resnet import ResNet
    from distill_core.vision.models.vgg import VGG8

    family, depth, width = _parts(architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if family == "resnet":
            return ResNet(blocks_per_stage=(depth - 2) // 6, width=width, channels=channels, classes=classes)
        return VGG8(width=width, channels=channels, classes=classes)


def count_parameters(architecture: str, channels: int, classes: int) -> int:
    """Parameters of an architecture, without memory for its weights."""
    import torch

    with torch.device("meta"):
        model = build(architecture, channels, classes, seed=0)
    return sum(parameter.numel() for parameter in model.parameters())


def _parts(architecture: str) -> tuple[str, int, int]:
    match = _NAME.match(architecture)
    if match is None:
        raise unknown_name("student", architecture, (*LADDER, *LARGE))
    family, depth, width = match[1], int(match[2]), int(match[3])
    if family == "resnet" and (depth < 8 or depth % 6 != 2):
        raise ConfigError(f"student: {architecture!r} cannot be built; a ResNet here has 8, 14, 20, 26, 32 ... layers")
    if family == "vgg" and depth != 8:
        raise ConfigError(f"student: {architecture!r} cannot be built; a VGG here has 8 layers, such as vgg8-w48")
    if width < 1:
        raise ConfigError(f"student: {architecture!r} cannot be built; the width after 'w' must be at least 1")
    return family, depth, width
