"""Where the workbench keeps things: `DISTILL_HOME`, or `~/.distill`.

distill.db            the runs
runs/<id>/            checkpoints, weights and exported files of one run
data/                 downloaded data sets
forks/                weights that forked runs begin with
teachers/<name>/      teachers of the user's own: published runs and uploaded weights
cache/                teachers' answers, exported models, test images, answers to them, reports; each named by what it
                      was made from
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from distill_core.errors import StorageError

RUN_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


def default_home() -> Path:
    """The folder named by ``DISTILL_HOME``, else ``~/.distill``; not created yet."""
    return Path(os.environ.get("DISTILL_HOME") or Path.home() / ".distill").expanduser()


def writable_folder(folder: Path) -> Path:
    """Creates a folder and proves that it can be written to.

    Raises:
        StorageError: naming the folder and the system's reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"1")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"Cannot write to {folder} ({error.strerror or error}). "
            "Set DISTILL_HOME to a folder you may write to, with space left, and start again."
        ) from None
    return folder
