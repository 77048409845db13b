"""The most memory a model takes, over what Python and ONNX Runtime take anyway. For a process of its own."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from distill_core.edge.onnx_file import first_line, input_of, open_session
from distill_core.errors import DistillError

CALLS = 5


def peak_memory_mb(path: Path) -> float | None:
    """Loads a model, runs it on one sample, and gives the growth of the high-water mark in MB (10^6 bytes).

    Call it once in a fresh process: a high-water mark never falls, so a second model would hide behind the first.

    Returns:
        None where the system keeps no such mark.

    Raises:
        DistillError: if the file cannot be used.
    """
    import numpy as np
    import onnxruntime  # noqa: F401  # its own size belongs to the baseline

    _lower_mark()
    before = high_water()
    session = open_session(path)
    into = input_of(session, path)
    sample = np.zeros((1, *into.sample_shape), dtype=np.int64 if into.tokens else np.float32)
    try:
        for _ in range(CALLS):
            session.run(None, {into.name: sample})
    except Exception as error:
        raise DistillError(f"{path} cannot be run ({first_line(error)}).") from error
    after = high_water()
    return None if before is None or after is None else round((after - before) / 1e6, 2)


def _lower_mark() -> None:
    """Sets Linux's mark to what is in use now; imports leave it higher."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def high_water() -> int | None:
    """The most memory this process ever held, in bytes; None where the system keeps no such mark.

    On Linux not `ru_maxrss`: a child inherits that from a parent that may be far bigger.
    """
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    elif sys.platform != "win32":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return None
