"""Everything a run needs to go on, in one file that is replaced at once: safetensors with JSON in its header.

Tensors and plain values live in one file, so a crash between two writes cannot pair the weights of one step with the
counters of another. Nothing is pickled. A digest of the tensors is kept beside them, since safetensors has none.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from distill_core.cards import replace_file
from distill_core.errors import CheckpointError

FILE = "checkpoint/state.safetensors"
VERSION = 1


def save_checkpoint(folder: Path, tensors: dict[str, Tensor], values: dict[str, Any]) -> Path:
    """Writes a checkpoint into a run's folder.

    Args:
        folder: of the run.
        tensors: by name.
        values: plain data.

    Raises:
        StorageError: if the disk is full or the folder cannot be written; the previous checkpoint stays.
    """
    from safetensors.torch import save

    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"version": str(VERSION), "values": json.dumps(values), "digest": _digest(tensors)}
    replace_file(path, save(tensors, metadata=header))
    return path


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Reads what `save_checkpoint` wrote.

    Raises:
        CheckpointError: if there is none, or it is damaged or from a newer version.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load

    path = folder / FILE
    advice = "Start the run anew; its settings are kept."
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint to resume from at {path}. {advice}")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        tensors = load(path.read_bytes())
        values = json.loads(header["values"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f"The checkpoint {path} is damaged ({error}). {advice}") from None
    if header.get("version") != str(VERSION):
        raise CheckpointError(
            f"The checkpoint {path} was written by another version ({header.get('version')}). {advice}"
        )
    if header.get("digest") != _digest(tensors):
        raise CheckpointError(f"The checkpoint {path} is damaged: its contents do not match their digest. {advice}")
    return tensors, values


def pack_optimiser(state: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Splits an optimiser's `state_dict` into tensors by name and plain values."""
    tensors: dict[str, Tensor] = {}
    values: dict[str, Any] = {}
    for index, slots in state["state"].items():
        for slot, value in slots.items():
            (tensors if isinstance(value, Tensor) else values)[f"{index}/{slot}"] = value
    return tensors, {"slots": values, "groups": state["param_groups"]}


def unpack_optimiser(tensors: dict[str, Tensor], values: dict[str, Any]) -> dict[str, Any]:
    """Undoes `pack_optimiser`."""
    state: dict[int, dict[str, Any]] = {}
    for name, value in {**tensors, **values["slots"]}.items():
        index, _, slot = name.partition("/")
        state.setdefault(int(index), {})[slot] = value
    return {"state": state, "param_groups": values["groups"]}


def with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under ``prefix/name``."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def under_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with ``prefix/``, without it."""
    return {name.removeprefix(f"{prefix}/"): t for name, t in tensors.items() if name.startswith(f"{prefix}/")}


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
