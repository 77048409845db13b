"""A student that begins with saved weights: ``weights.safetensors@resnet20-w16`` is that architecture with them in it.

Where the weights know another number of classes, all but the last layer is theirs, and that is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import SUFFIX
from distill_core.errors import CheckpointError, ConfigError
from distill_core.misfit import misfit, other_outputs

if TYPE_CHECKING:
    from torch import Tensor, nn


def read(file: str, role: str) -> tuple[dict[str, Tensor], str]:
    """The tensors of a file by name, and the file's SHA-256.

    Args:
        file: its path; ``~`` is the user's folder.
        role: whose weights they are, for what is said where they cannot be read.

    Raises:
        ConfigError: if the file cannot be read.
        CheckpointError: if it is not a whole file of its kind.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    payload = _bytes(file, role)
    try:
        return load(payload), hashlib.sha256(payload).hexdigest()
    except SafetensorError as error:
        raise _not_whole(file, role, error) from None


def file_sha256(file: str) -> str:
    """The SHA-256 of a file of weights.

    Raises:
        ConfigError: if the file cannot be read.
    """
    return hashlib.sha256(_bytes(file, "student")).hexdigest()


def fitting(model: nn.Module, file: str, architecture: str) -> dict[str, Tensor]:
    """The state in which a model begins: the saved weights, and its own last layer where other classes are known.

    Raises:
        ConfigError: if the file cannot be read.
        CheckpointError: if it is not whole, or its weights are unsound or not of this architecture.
    """
    weights, _ = read(file, "student")
    own = model.state_dict()
    new = _check_fit(weights, own, file, architecture)
    weights |= {name: own[name] for name in new}
    for name, value in weights.items():
        if value.is_floating_point() != own[name].is_floating_point():
            raise CheckpointError(f"student: {name!r} in {file} holds {value.dtype}; save weights as floating point.")
        if name not in new and value.is_floating_point() and not bool(value.isfinite().all()):
            raise CheckpointError(f"student: {name!r} in {file} holds numbers that are not finite. Save sound weights.")
    return weights


def signed(payload: bytes, classes: Sequence[str]) -> bytes:
    """A file's bytes with the classes written into its head, which its last layer knows in this order."""
    from safetensors.torch import load, save

    return save(load(payload), metadata={"classes": json.dumps(list(classes))})


def classes_of(file: str) -> tuple[str, ...]:
    """The classes that a whole file says it knows; none where it says nothing of them."""
    from safetensors import safe_open

    with safe_open(Path(file).expanduser(), framework="pt") as opened:
        said = (opened.metadata() or {}).get("classes")
    try:
        return tuple(map(str, json.loads(said or "[]")))
    except (TypeError, ValueError):
        return ()


def outputs_left(model: nn.Module, file: str, architecture: str) -> int | None:
    """How many classes the saved weights know, where that is all that keeps them from a model's; None if they fit.

    Reads names and shapes alone.

    Raises:
        ConfigError: if the file cannot be read.
        CheckpointError: if it is not whole, or its weights are not of this architecture.
    """
    weights = _shapes(file)
    other = _check_fit(weights, model.state_dict(), file, architecture)
    return len(weights[other[0]]) if other else None


def _check_fit(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], file: str, architecture: str) -> list[str]:
    """Refuses weights of another architecture; returns the tensors that only other classes keep from fitting."""
    other = other_outputs(weights, own)
    if not other and (why := misfit(weights, own)):
        raise CheckpointError(
            f"student: The weights in {file} do not fit {architecture}: {why}. Name the architecture they were saved "
            "from, and data of its channels: every layer but the last must have the same name and size."
        )
    return other


def _shapes(file: str) -> dict[str, Tensor]:
    """The tensors of a file by name, without memory for their numbers: only the head of the file is read."""
    import torch
    from safetensors import SafetensorError, safe_open

    check_file(file, "student")
    try:
        with safe_open(Path(file).expanduser(), framework="pt") as opened:
            shapes = {name: opened.get_slice(name).get_shape() for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise _not_whole(file, "student", error) from None
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def _not_whole(file: str, role: str, error: Exception) -> CheckpointError:
    return CheckpointError(f"{role}: {file} is not a whole {SUFFIX} file ({error}). Restore it or save it anew.")


def check_file(file: str, role: str) -> None:
    """Refuses a file of weights that is not there or cannot be opened.

    Raises:
        ConfigError: saying why.
    """
    _bytes(file, role, most=1)


def _bytes(file: str, role: str, most: int = -1) -> bytes:
    try:
        with Path(file).expanduser().open("rb") as opened:
            return opened.read(most)
    except (OSError, RuntimeError, ValueError) as error:  # an unknown ~user, a character no path can have
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{role}: {file} cannot be read ({why}); name a {SUFFIX} file") from None
