"""Reads what a checkpoint says of its run without torch, and takes the weights of one model out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from distill_core.errors import CheckpointError


def progress_in(path: Path) -> dict[str, Any]:
    """What a checkpoint says of its run beside the tensors: `step`, `best_epoch`, `best_accuracy` and more.

    Raises:
        CheckpointError: if it cannot be read.
    """
    with _opened(path) as file:
        return _values(file, path)


def taken_out(path: Path, prefix: str) -> tuple[bytes, int, dict[str, Any]]:
    """The tensors ``prefix/name`` of a checkpoint as a file of weights of their own.

    Args:
        path: of the checkpoint; another may replace it meanwhile, for it is opened once.
        prefix: "student" or "best".

    Returns:
        The file's bytes, how many numbers are in it, and what the checkpoint says of its run.

    Raises:
        CheckpointError: if it cannot be read, or has no such tensors.
    """
    from safetensors.torch import save

    with _opened(path, "pt") as file:
        wanted = [name for name in file.keys() if name.startswith(f"{prefix}/")]  # noqa: SIM118
        if not wanted:
            raise CheckpointError(f"The checkpoint {path} has no weights called {prefix!r}. Let the run go on first.")
        tensors = {name.removeprefix(f"{prefix}/"): file.get_tensor(name) for name in wanted}
        values = _values(file, path)
    return save(tensors), sum(tensor.numel() for tensor in tensors.values()), values


@contextmanager
def _opened(path: Path, framework: str = "np") -> Iterator[Any]:
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read ({error.strerror or error}).") from None
    except SafetensorError as error:
        raise CheckpointError(f"The checkpoint {path} is damaged ({error}). Start the run anew.") from None


def _values(file: Any, path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(file.metadata()["values"])
        return values
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The checkpoint {path} says nothing of its run ({error}). Start the run anew.") from None
