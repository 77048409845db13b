"""What does not fit when weights are put into an architecture they were not saved from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def misfit(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """What keeps the given weights from being the wanted ones, in half a sentence; "" if nothing does.

    Args:
        given: tensors by name, as they were saved.
        wanted: those of the architecture.

    Example:
        >>> misfit({"fc.weight": torch.ones(2, 8)}, {"fc.weight": torch.ones(10, 8)})
        "their last layer 'fc' has 2 outputs, and 10 are needed; all else fits"
    """
    missing, beyond = [name for name in wanted if name not in given], [name for name in given if name not in wanted]
    resized = [name for name in wanted if name in given and given[name].shape != wanted[name].shape]
    if wanted and len(missing) == len(wanted):
        first = f", the first of theirs is {beyond[0]!r}" if beyond else ""
        return f"they have none of its {len(wanted)} tensors; the first of its is {missing[0]!r}{first}"
    if other := other_outputs(given, wanted):
        has, needed = len(given[other[0]]), len(wanted[other[0]])
        return f"their last layer {_last_layer(wanted)!r} has {has:,} outputs, and {needed:,} are needed; all else fits"
    parts = []
    if resized and len(missing) <= len(wanted) / 2:
        own, theirs = (_size(of[resized[0]]) for of in (wanted, given))
        parts.append(f"{_count(resized, wanted)} of another size: {resized[0]!r} is {theirs} in them and {own} in it")
    if missing:
        parts.append(f"{_count(missing, wanted)} missing in them, such as {missing[0]!r}")
    if beyond:
        parts.append(
            f"{len(beyond)} of theirs {'have' if len(beyond) > 1 else 'has'} no place in it, such as {beyond[0]!r}"
        )
    return ", and ".join(parts)


def other_outputs(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """The tensors of the last layer, where its number of outputs is all that keeps the given from being the wanted.

    None if they fit, or if more differs than that.
    """
    if given.keys() != wanted.keys():
        return []
    resized = [name for name in wanted if given[name].shape != wanted[name].shape]
    in_last = all(name.rpartition(".")[0] == _last_layer(wanted) for name in resized)
    same_inputs = all(given[name].shape[1:] == wanted[name].shape[1:] for name in resized)
    return resized if in_last and same_inputs else []


def _last_layer(wanted: Mapping[str, Tensor]) -> str:
    return list(wanted)[-1].rpartition(".")[0]


def _count(names: list[str], wanted: Mapping[str, Tensor]) -> str:
    return f"{len(names)} of its {len(wanted)} tensors {'are' if len(names) > 1 else 'is'}"


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"
