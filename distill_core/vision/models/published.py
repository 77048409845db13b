"""torchvision's classification models, untrained or with their published weights, for any channels and classes.

They keep torchvision's layer names. Images with another number of channels than three change the first convolution:
for grey images its published weights are summed over the colours, which is what showing it three equal colours would
compute.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distill_core.errors import ConfigError, DataUnavailable, unknown_name

if TYPE_CHECKING:
    from torch import Tensor, nn

COLOURS = 3
# Their outputs for training, beside the logits, are left out; their own change of normalisation is part of the weights.
_WITH_SIDE_OUTPUTS = ("googlenet", "inception_v3")


@dataclass(frozen=True)
class Published:
    """What is known of published weights: their classes, inputs, size and accuracy on ImageNet (0..1, or None)."""

    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    accuracy: float | None


def build(channels: int, classes: int, size: tuple[int, int], model: str, weights: str | None) -> nn.Module:
    """One of torchvision's models; with `weights`, its body is trained and its last layer is new.

    Raises:
        ConfigError: if there is no such model or weights, or it cannot take images of this size.
        DataUnavailable: if the weights are not here and cannot be downloaded.
    """
    import torch

    _check_model(model)
    network = _untrained(model, classes, size, weights is not None and channels == COLOURS)
    if weights is not None:
        state = _state(model, weights)
        own = network.state_dict()
        for name in _head(model, size):
            state[name] = own[name]
        _load(network, model, weights, state)
    if channels != COLOURS:
        _replace_first(network, channels)
    with torch.device("meta"):
        trial = _untrained(model, classes, size, transform=False)
        if channels != COLOURS:
            _replace_first(trial, channels)
    _check_size(trial, model, channels, size)
    return network


def complete(model: str, weights: str) -> nn.Module:
    """A model exactly as published, its last layer included.

    Raises:
        ConfigError: if there is no such model or weights.
        DataUnavailable: if the weights are not here and cannot be downloaded.
    """
    _check_model(model)
    facts = facts_of(model, weights)
    network = _untrained(model, len(facts.classes), facts.input_shape[1:], transform=True)
    _load(network, model, weights, _state(model, weights))
    return network


def facts_of(model: str, weights: str) -> Published:
    """What torchvision says of the weights; reads no file.

    Raises:
        ConfigError: if there is no such model or weights.
    """
    _check_model(model)
    found = _weights(model, weights)
    view = found.transforms()
    accuracy = found.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
    return Published(
        classes=tuple(found.meta["categories"]),
        input_shape=(COLOURS, view.crop_size[0], view.crop_size[0]),
        mean=tuple(view.mean),
        std=tuple(view.std),
        accuracy=None if accuracy is None else accuracy / 100,
    )


def _check_model(model: str) -> None:
    from torchvision import models

    known = models.list_models(module=models)
    if model not in known:
        raise unknown_name("student", f"torchvision/{model}", [f"torchvision/{name}" for name in known])


def _weights(model: str, weights: str) -> Any:
    from torchvision import models

    known: Any = models.get_model_weights(model)
    if weights not in known.__members__:
        raise unknown_name(f"weights of torchvision/{model}", weights, known.__members__)
    return known[weights]


def _untrained(model: str, classes: int, size: tuple[int, int], transform: bool) -> nn.Module:
    import torch
    from torchvision import models

    if model.startswith("regnet") and torch.get_default_device().type == "meta":
        # Its widths are worked out in tensors, which must hold numbers.
        with torch.device("cpu"):
            return _untrained(model, classes, size, transform).to("meta")

    options: dict[str, Any] = {}
    if model in _WITH_SIDE_OUTPUTS:
        options = {"aux_logits": False, "transform_input": transform, "init_weights": True}
    elif model.startswith("vit_"):
        options = {"image_size": _square(model, size)}
    elif model.startswith("maxvit"):
        options = {"input_size": size}
    try:
        network: nn.Module = models.get_model(model, weights=None, num_classes=classes, **options)
    except (AssertionError, RuntimeError, ValueError) as error:
        raise _too_odd(model, size, error) from None
    return network


def _square(model: str, size: tuple[int, int]) -> int:
    if size[0] != size[1]:
        raise _too_odd(model, size, "its images are square")
    return size[0]


def _state(model: str, weights: str) -> dict[str, Tensor]:
    """The published numbers by name, from torch's cache or the network."""
    found = _weights(model, weights)
    try:
        state: dict[str, Tensor] = found.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except Exception as error:  # The network, the disk, a wrong hash and a broken file each raise their own.
        raise DataUnavailable(
            f"The weights torchvision/{model}:{weights} are not here and cannot be had "
            f"({type(error).__name__}: {_line(error)}). Connect to the network and try again; or put the file "
            f"{found.url} into {_cache()}; or use torchvision/{model} without weights and train it."
        ) from None
    return dict(state)


def _load(network: nn.Module, model: str, weights: str, state: dict[str, Tensor]) -> None:
    own = network.state_dict()
    state = {name: value for name, value in state.items() if name in own}
    positions = "encoder.pos_embedding"
    if positions in state and state[positions].shape != own[positions].shape:
        state[positions] = _resized_positions(state[positions], own[positions].shape[1])
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise DataUnavailable(
            f"The file in {_cache()} does not hold the weights torchvision/{model}:{weights} ({_line(error)}). "
            "Delete it and try again."
        ) from None


def _resized_positions(positions: Tensor, length: int) -> Tensor:
    """A ViT's positions `[1, 1 + L, D]` for another number of patches, `[1, length, D]` (2010.11929, section 3.2)."""
    import torch
    from torch.nn import functional

    token, grid = positions[:, :1], positions[:, 1:]
    before, after = (round(count**0.5) for count in (grid.shape[1], length - 1))
    maps = grid.transpose(1, 2).unflatten(2, (before, before))
    maps = functional.interpolate(maps, size=(after, after), mode="bicubic", align_corners=True)
    return torch.cat([token, maps.flatten(2).transpose(1, 2)], dim=1)


def _head(model: str, size: tuple[int, int]) -> list[str]:
    """Names of the parameters that depend on the number of classes."""
    import torch

    with torch.device("meta"):
        two, three = (_untrained(model, classes, size, transform=False).state_dict() for classes in (2, 3))
    return [name for name in two if two[name].shape != three[name].shape]


def _replace_first(network: nn.Module, channels: int) -> None:
    """Lets the first convolution take `channels`, its weights those that equal colours would meet, where it is grey."""
    import torch
    from torch import nn

    name, old = next((name, part) for name, part in network.named_modules() if isinstance(part, nn.Conv2d))
    new = nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]
        old.stride,  # type: ignore[arg-type]
        old.padding,  # type: ignore[arg-type]
        bias=old.bias is not None,
        device=old.weight.device,
    )
    with torch.no_grad():
        if channels == 1:
            new.weight.copy_(old.weight.sum(dim=1, keepdim=True))
        if old.bias is not None and new.bias is not None:
            new.bias.copy_(old.bias)
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent), last, new)


def _check_size(trial: nn.Module, model: str, channels: int, size: tuple[int, int]) -> None:
    """Sends a shape without numbers through the model."""
    import torch

    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            trial.eval()(torch.zeros(2, channels, *size, device="meta"))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise _too_odd(model, size, error) from None


def _too_odd(model: str, size: tuple[int, int], why: object) -> ConfigError:
    return ConfigError(
        f"student: torchvision/{model} cannot take images of {size[0]}x{size[1]} ({_line(why)}). "
        "For an image folder set image_size=224; for small images choose a model made for them, such as resnet20-w16"
    )


def _cache() -> str:
    import torch

    return f"{torch.hub.get_dir()}/checkpoints"


def _line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 and lines[0].endswith(":") else lines[0] if lines else "no reason given").rstrip(
        "."
    )
