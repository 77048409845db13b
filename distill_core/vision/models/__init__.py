"""Architectures by name: ``resnet8-w8`` is a ResNet of 8 layers whose first stage has 8 channels.

A new architecture is one file with a function ``build(channels, classes, size, **parts of the name)`` and one line in
`FAMILIES`. Its layers have names a reader recognises, and it is a `Network`: `features`, then `head`.

Any of them can begin with saved weights: ``weights.safetensors@resnet8-w8``; see `saved`.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distill_core.cards import SUFFIX, parted
from distill_core.errors import ConfigError, unknown_name
from distill_core.vision.models.saved import file_sha256, fitting, outputs_left

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


@dataclass(frozen=True)
class Family:
    """Architectures that differ in a few numbers.

    Attributes:
        title: of the group.
        name: the pattern of a name; its named groups are the numbers.
        label: how a model of it is called, the groups in braces.
        make: ``module:function``, called as ``function(channels, classes, size, **groups)``; groups are text.
        examples: names to list, smallest first.
        attends: whether they are transformers.
    """

    title: str
    name: str
    label: str
    make: str
    examples: tuple[str, ...]
    attends: bool = False


LENT = ">"
"""``resnet8-w8>vgg8-w48`` is a student that answers through a teacher's classifier (SimKD); where the teacher takes
other inputs than the student, their shape follows: ``>vgg8-w48@3x64x64``."""
OWN = "Your own"
TORCHVISION = "torchvision"
_TORCHVISION_TRANSFORMERS = ("vit_", "swin_")
_HERE = "distill_core.vision.models"
_PATCH = r"(?P<patch>(?:-p\d{1,2})?)"

FAMILIES: tuple[Family, ...] = (
    Family(
        "ResNet",
        r"resnet(?P<depth>\d{1,3})-w(?P<width>\d{1,3})",
        "ResNet-{depth}, width {width}",
        f"{_HERE}.resnet:build",
        LADDER,
    ),
    Family(
        "VGG",
        r"vgg(?P<depth>\d{1,3})-w(?P<width>\d{1,3})",
        "VGG-{depth}, width {width}",
        f"{_HERE}.vgg:build",
        ("vgg8-w48",),
    ),
    Family(
        "Plain CNN",
        r"cnn-w(?P<width>\d{1,3})",
        "CNN, width {width}",
        f"{_HERE}.cnn:build",
        ("cnn-w8", "cnn-w16", "cnn-w32"),
    ),
    Family(
        "MLP",
        r"mlp-(?P<hidden>\d{1,4})x(?P<layers>\d{1,2})",
        "MLP, {layers} layers of {hidden}",
        f"{_HERE}.mlp:build",
        ("mlp-64x2", "mlp-256x2", "mlp-1200x2"),
    ),
    Family(
        "MobileNetV2",
        r"mobilenetv2-w(?P<percent>\d{1,3})",
        "MobileNetV2, width {percent}%",
        f"{_HERE}.mobilenet:build",
        ("mobilenetv2-w25", "mobilenetv2-w50", "mobilenetv2-w100"),
    ),
    Family(
        "ShuffleNetV2",
        r"shufflenetv2-w(?P<percent>\d{1,3})",
        "ShuffleNetV2, width {percent}%",
        f"{_HERE}.shufflenet:build",
        ("shufflenetv2-w50", "shufflenetv2-w100"),
    ),
    Family(
        "Wide ResNet",
        r"wrn(?P<depth>\d{1,3})-(?P<widen>\d{1,2})",
        "WRN-{depth}-{widen}",
        f"{_HERE}.wide_resnet:build",
        ("wrn10-1", "wrn16-1", "wrn16-2", "wrn40-2"),
    ),
    Family(
        "ViT",
        rf"vit-(?P<scale>micro|tiny|small|\d{{1,4}}x\d{{1,2}}){_PATCH}",
        "ViT-{scale}{patch}",
        f"{_HERE}.vit:build",
        ("vit-micro", "vit-tiny", "vit-small"),
        attends=True,
    ),
    Family(
        "ViT with a distillation token",
        rf"deit-(?P<scale>micro|tiny|small|\d{{1,4}}x\d{{1,2}}){_PATCH}",
        "DeiT-{scale}{patch}",
        f"{_HERE}.vit:build_distilled",
        ("deit-micro", "deit-tiny", "deit-small"),
        attends=True,
    ),
    Family(
        TORCHVISION,
        r"torchvision/(?P<model>\w+)(?::(?P<weights>\w+))?",
        "{model} of torchvision",
        f"{_HERE}.published:build",
        ("torchvision/mobilenet_v3_small", "torchvision/efficientnet_b0", "torchvision/resnet18"),
    ),
    Family(
        OWN,
        r"(?P<module>[A-Za-z_][\w.]*):(?P<function>[A-Za-z_]\w*)",
        "{function} of {module}",
        f"{_HERE}.own:build",
        (),
    ),
)


def family(architecture: str) -> Family:
    """The family of an architecture.

    Raises:
        ConfigError: if the name fits none.
    """
    return _matched(parted(architecture)[1].partition(LENT)[0])[0]


def title(architecture: str) -> str:
    """The name as people say it: ``resnet8-w8`` -> ``ResNet-8, width 8``.

    Raises:
        ConfigError: if the name fits no family.
    """
    own, lent, lender = parted(architecture)[1].partition(LENT)
    found, parts = _matched(own)
    borrowed = f" with the classifier of {title(lender.partition('@')[0])}" if lent else ""
    return found.label.format(**parts) + borrowed


def attends(architecture: str) -> bool:
    """Whether a model is a transformer, as far as its name tells.

    Raises:
        ConfigError: if there is no such architecture.
    """
    architecture = parted(architecture)[1]
    if architecture.startswith("torchvision/"):
        return any(word in architecture for word in _TORCHVISION_TRANSFORMERS)
    return family(architecture).attends


def without_weights(architecture: str) -> str:
    """The bare architecture, without the weights it begins with; one that begins with none as it is.

    Example:
        >>> without_weights("torchvision/resnet18:IMAGENET1K_V1"), without_weights("mine.safetensors@resnet8-w4")
        ('torchvision/resnet18', 'resnet8-w4')
    """
    architecture = parted(architecture)[1]
    if architecture.startswith("torchvision/"):
        return architecture.partition(":")[0]
    return architecture


def code_sha256(architecture: str) -> str:
    """A hash of what is the user's own of a model: the code behind ``module:function`` and the weights it begins with.

    "" for an architecture that has neither.

    Raises:
        ConfigError: if there is no such architecture, module, function or file.
    """
    file, bare = parted(architecture)
    found, parts = _matched(bare.partition(LENT)[0])
    hashes = [file_sha256(file)] if file else []
    if found.title == OWN:
        from distill_core.vision.models import own

        hashes.append(own.code_sha256(**parts))
    return "+".join(hashes)


def build(architecture: str, channels: int, classes: int, seed: int, size: tuple[int, int] = (32, 32)) -> nn.Module:
    """A model; the same seed gives the same weights, and torch's global generator is left alone.

    Args:
        architecture: a name that fits a family.
        channels: of the input images.
        classes: outputs.
        seed: decides the initial weights.
        size: height and width of the input images; only MLPs and some of torchvision's models are bound to it.

    Raises:
        ConfigError: if there is no such architecture or file, or it cannot be built for such images.
        CheckpointError: if it names saved weights that are damaged, or another architecture's.
        DataUnavailable: if it names published weights that are neither here nor to be had.
    """
    import torch

    file, bare = parted(architecture)
    if file:
        begun = build(without_weights(bare), channels, classes, seed, size)
        begun.load_state_dict(fitting(begun, file, bare))
        return begun
    if LENT in architecture:
        return _with_lent_classifier(architecture, channels, classes, seed, size)
    found, parts = _matched(architecture)
    module, _, function = found.make.partition(":")
    make: Any = getattr(importlib.import_module(module), function)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: nn.Module = make(channels, classes, size, **parts)
    return model


def sketch(architecture: str, channels: int, classes: int, size: tuple[int, int] = (32, 32)) -> nn.Module:
    """A model without memory for its weights: saved ones are only seen to fit, published ones left aside.

    Raises:
        ConfigError: as `build`.
        CheckpointError: as `build`.
    """
    import torch

    with torch.device("meta"):
        model = build(without_weights(architecture), channels, classes, seed=0, size=size)
    file, bare = parted(architecture)
    if file:
        outputs_left(model, file, bare)
    return model


def count_parameters(architecture: str, channels: int, classes: int, size: tuple[int, int] = (32, 32)) -> int:
    """Parameters of an architecture, without memory for its weights."""
    model = sketch(without_weights(architecture), channels, classes, size)
    return sum(parameter.numel() for parameter in model.parameters())


def _with_lent_classifier(
    architecture: str, channels: int, classes: int, seed: int, size: tuple[int, int]
) -> nn.Module:
    import torch

    from distill_core.losses.reused_classifier import ReusedClassifierStudent

    own, _, lender = architecture.partition(LENT)
    lender, _, shape = lender.partition("@")
    takes = tuple(int(side) for side in shape.split("x")) if shape else (channels, *size)
    student = build(own, channels, classes, seed, size)
    teacher = build(lender, takes[0], classes, 0, (takes[1], takes[2]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ReusedClassifierStudent.between(student, (channels, *size), teacher, takes)


def _matched(architecture: str) -> tuple[Family, dict[str, str]]:
    for candidate in FAMILIES:
        match = re.fullmatch(candidate.name, architecture)
        if match is not None:
            return candidate, match.groupdict()
    listed = [name for each in FAMILIES for name in each.examples]
    error = unknown_name("student", architecture, listed)
    raise ConfigError(
        f"{error} Any torchvision/NAME and one's own MODULE:FUNCTION will do too, and weights of one's own before an "
        f"@, such as weights{SUFFIX}@{listed[0]}."
    )
