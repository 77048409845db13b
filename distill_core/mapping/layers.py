"""The layers of any model, as seen on one batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.mapping.pairs import LayerFacts, Part, patch_grid

WHOLE = 0.5
"""A composite with more than this share of a model's layers is the model in a wrapper rather than one of its blocks."""

_NEVER_AN_END = ("Pool", "Dropout", "Identity", "Flatten")


@dataclass
class _Seen:
    """One module's last output. The tensor is kept so that its version can be read when all is done."""

    name: str
    module: nn.Module
    output: Tensor
    version: int
    stride: float | None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.output.shape[1:])

    @property
    def composite(self) -> bool:
        """Made of at least two layers; one in a wrapper, such as a ViT's patch embedding, is a single layer."""
        return sum(next(module.children(), None) is None for module in self.module.modules()) > 1

    @property
    def places(self) -> int:
        if len(self.shape) == 1:
            return 1
        return self.shape[0] if len(self.shape) == 2 else math.prod(self.shape[1:])

    @property
    def scale(self) -> int | None:
        """The stride to the nearest power of two, which padding does not disturb."""
        return None if self.stride is None else round(math.log2(self.stride))

    def is_kind(self, *words: str) -> bool:
        return any(word in type(self.module).__name__ for word in words)


def list_layers(model: nn.Module, example: Tensor) -> tuple[LayerFacts, ...]:
    """Every named module that returns one tensor of 2 to 4 dimensions, in order of execution.

    Left out are outputs that no hook could keep or no connector could read: those overwritten in place by a function
    (`relu(x, inplace=True)`, `x += y`), those whose first dimension is not the batch, and maps with channels last,
    known by their unequal sides from a square image. Of a module called twice, the last call counts.

    The model runs once in eval mode, without gradients; its modes, hooks and `inplace` settings are restored.

    Args:
        model: any module of named layers.
        example: a batch `[N, C, H, W]`, or whatever the model reads; at most two samples of it are used.

    Raises:
        ConfigError: if the model cannot read the batch, or has no such layer.
    """
    seen, answers = _run(model, example)
    if not seen:
        raise ConfigError(
            f"layers: {type(model).__name__} has no named layer that returns one tensor of 2 to 4 dimensions; "
            "build it of modules with names"
        )
    orders = {layer.name: order for order, layer in enumerate(seen)}
    parts = _parts(seen, answers)
    units = [unit for unit in _units(model, "", seen) if parts[unit.name] == "features"]
    units.sort(key=lambda unit: orders[unit.name])
    ends = _ends(units)
    stages = _stages(units, ends)

    def stage_of(layer: _Seen) -> int | None:
        if parts[layer.name] != "features" or not units:
            return None
        around = [unit for unit in units if f"{layer.name}.".startswith(f"{unit.name}.")]
        before = [unit for unit in units if orders[unit.name] <= orders[layer.name]]
        return stages[(around or before[-1:] or units[:1])[0].name]

    return tuple(
        LayerFacts(
            name=layer.name,
            kind=type(layer.module).__name__,
            shape=layer.shape,
            order=order,
            depth=order / max(len(seen) - 1, 1),
            stride=layer.stride,
            stage=stage_of(layer),
            is_block=layer.name in ends,
            composite=layer.composite,
            part=parts[layer.name],
        )
        for order, layer in enumerate(seen)
    )


def _run(model: nn.Module, example: Tensor) -> tuple[list[_Seen], list[Tensor]]:
    """What every module returned, in order, and the tensors that the model itself returned."""
    names = {module: name for name, module in model.named_modules() if name}
    place = next((parameter.device for parameter in model.parameters()), example.device)
    batch = example[:2].to(place)
    side = batch.shape[-2] if batch.dim() == 4 else None
    square = batch.dim() == 4 and batch.shape[-1] == batch.shape[-2]
    seen: dict[str, _Seen] = {}

    def look(module: nn.Module, _inputs: object, output: object) -> None:
        name = names[module]
        seen.pop(name, None)
        if not isinstance(output, Tensor) or not 2 <= output.dim() <= 4 or output.shape[0] != len(batch):
            return
        shape = output.shape[1:]
        if square and len(shape) == 3 and shape[1] != shape[2]:
            return
        across = shape[1] if len(shape) == 3 else (patch_grid(shape[0]) or (0, None))[1] if len(shape) == 2 else None
        # A map with more places than the image has pixels is none of the image, such as one of attention.
        stride = side / across if side and across and across <= side else None
        seen[name] = _Seen(name, module, output, output._version, stride)

    with quiet(model):
        handles = [module.register_forward_hook(look) for module in names]
        try:
            answer = model(batch)
        except (RuntimeError, ValueError, TypeError, AssertionError) as error:
            raise ConfigError(
                f"layers: {type(model).__name__} cannot read a batch of shape {tuple(batch.shape)}: {error}; "
                "give it images of the size and channels it was built for"
            ) from error
        finally:
            for handle in handles:
                handle.remove()
    kept = [layer for layer in seen.values() if layer.output._version == layer.version]
    return kept, list(_tensors(answer))


@contextmanager
def quiet(model: nn.Module) -> Iterator[None]:
    """Eval mode, no gradients, nothing in place; each module is put back as it was."""
    modules = list(model.modules())
    modes = [module.training for module in modules]
    in_place = [module for module in modules if getattr(module, "inplace", False) is True]
    try:
        for module in modules:
            module.training = False
        for module in in_place:
            module.inplace = False  # type: ignore[assignment]
        with torch.no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
        for module in in_place:
            module.inplace = True  # type: ignore[assignment]


def _tensors(answer: object) -> Iterator[Tensor]:
    if isinstance(answer, Tensor):
        yield answer
    elif isinstance(answer, dict):
        for value in answer.values():
            yield from _tensors(value)
    elif isinstance(answer, (tuple, list)):
        for value in answer:
            yield from _tensors(value)


def _parts(seen: list[_Seen], answers: list[Tensor]) -> dict[str, Part]:
    """Features up to the last layer with places, then the head; a model without places is features throughout."""
    with_places = [order for order, layer in enumerate(seen) if layer.places > 1]
    head = len(seen)
    if with_places:
        rest = range(with_places[-1] + 1, len(seen))
        # On a tiny image the last blocks have one place too, as their squeezes do: the final pooling closes them.
        pools = [i for i in rest if seen[i].is_kind("Pool") and not seen[i].composite]
        vectors = [i for i in rest if len(seen[i].shape) == 1]
        head = min([*pools[-1:], *vectors[:1]], default=head)

    def part(order: int, layer: _Seen) -> Part:
        if any(layer.output is answer for answer in answers):
            return "output"
        if order < head:
            return "features"
        return "output" if any(layer.output.shape == answer.shape for answer in answers) else "head"

    return {layer.name: part(order, layer) for order, layer in enumerate(seen)}


def _units(parent: nn.Module, prefix: str, seen: list[_Seen]) -> Iterator[_Seen]:
    """The outermost modules that are blocks or single layers: what a drawing of the model would show as boxes."""
    by_name = {layer.name: layer for layer in seen}
    for name, module in parent.named_children():
        layer = by_name.get(prefix + name)
        if layer is not None and not _holds_blocks(layer, seen):
            yield layer
        else:
            yield from _units(module, f"{prefix}{name}.", seen)


def _holds_blocks(layer: _Seen, seen: list[_Seen]) -> bool:
    """Whether a module only holds blocks: a stage, a trunk, the model in a wrapper."""
    if not layer.composite:
        return False
    if _is_row_of_blocks(layer.module):
        return True
    inside = [other for other in seen if other.name.startswith(f"{layer.name}.") and not other.composite]
    if len({other.scale for other in inside if other.places > 1 and other.scale is not None}) >= 3:
        return True
    leaves = sum(not other.composite for other in seen)
    return len(inside) > WHOLE * leaves and any(_is_row_of_blocks(module) for module in layer.module.modules())


def _is_row_of_blocks(module: nn.Module) -> bool:
    if not isinstance(module, (nn.Sequential, nn.ModuleList)):
        return False
    return len(module) > 0 and all(next(child.children(), None) is not None for child in module)


def _ends(units: list[_Seen]) -> set[str]:
    """Names of the units after which a block ends: composites, and in a run of single layers the activations."""
    ends: set[str] = set()
    for (composite, _, _), group in groupby(units, key=lambda unit: (unit.composite, len(unit.shape), unit.scale)):
        run = list(group)
        if composite:
            ends.update(unit.name for unit in run)
            continue
        activations = [unit.name for unit in run if type(unit.module).__module__ == "torch.nn.modules.activation"]
        others = [unit.name for unit in run if not unit.is_kind(*_NEVER_AN_END)]
        ends.update(activations or others[-1:])
    return ends


def _stages(units: list[_Seen], ends: set[str]) -> dict[str, int]:
    """Stage numbers by unit: a run of equal stride is one stage, if a block ends in it; else it opens the next."""
    runs = [list(group) for _, group in groupby(units, key=lambda unit: unit.scale)]
    with_blocks = [any(unit.composite and unit.name in ends for unit in run) for run in runs]
    stem = with_blocks.index(True) if sum(with_blocks) >= 2 else 0
    stages: dict[str, int] = {}
    number, open_runs = 0, []
    for position, run in enumerate(runs):
        open_runs.append(run)
        if position < stem or any(unit.name in ends for unit in run):
            number += position >= stem
            stages.update({unit.name: number for group in open_runs for unit in group})
            open_runs = []
    stages.update({unit.name: max(number, 1) for group in open_runs for unit in group})
    return stages
