"""Reads a checkpoint's numbers without torch, and takes the weights of one model out of it.

A safetensors file is the length of its head in eight bytes, the head as JSON, and the tensors' bytes.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, BinaryIO

from distill_core.errors import CheckpointError

_METADATA = "__metadata__"
_LONGEST_HEAD = 100_000_000


def progress_in(path: Path) -> dict[str, Any]:
    """What a checkpoint says of its run beside the tensors: `step`, `best_epoch`, `best_accuracy` and more.

    Raises:
        CheckpointError: if it cannot be read.
    """
    with _opened(path) as file:
        return _values(_head(file, path), path)


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
    with _opened(path) as file:
        head = _head(file, path)
        begin = file.tell()
        wanted = {name: facts for name, facts in head.items() if name.startswith(f"{prefix}/")}
        if not wanted:
            raise CheckpointError(f"The checkpoint {path} has no weights called {prefix!r}. Let the run go on first.")
        new: dict[str, Any] = {}
        payload, numbers = bytearray(), 0
        for name in sorted(wanted, key=lambda name: (-_width(wanted[name]), name)):  # aligned: wide numbers first
            start, stop = wanted[name]["data_offsets"]
            file.seek(begin + start)
            data = file.read(stop - start)
            if len(data) != stop - start:
                raise CheckpointError(f"The checkpoint {path} is not whole. Take the run up again, or start it anew.")
            offsets = [len(payload), len(payload) + len(data)]
            new[name.removeprefix(f"{prefix}/")] = {**wanted[name], "data_offsets": offsets}
            payload += data
            numbers += _numbers(wanted[name])
        values = _values(head, path)
    text = json.dumps(new).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(payload), numbers, values


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read ({error.strerror or error}).") from None


def _head(file: BinaryIO, path: Path) -> dict[str, Any]:
    try:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length < _LONGEST_HEAD:
            raise ValueError("it has no head")
        head: dict[str, Any] = json.loads(file.read(length))
        return head
    except ValueError as error:
        raise CheckpointError(f"The checkpoint {path} is damaged ({error}). Start the run anew.") from None


def _values(head: dict[str, Any], path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(head[_METADATA]["values"])
        return values
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The checkpoint {path} says nothing of its run ({error}). Start the run anew.") from None


def _numbers(facts: dict[str, Any]) -> int:
    return math.prod(facts["shape"])


def _width(facts: dict[str, Any]) -> int:
    """Bytes of one number."""
    start, stop = facts["data_offsets"]
    return int(stop - start) // max(_numbers(facts), 1)
