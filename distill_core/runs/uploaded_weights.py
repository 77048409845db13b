"""Weights that a user brought, on their way to becoming a teacher: staged, checked by a job, then moved in one step.

home/cache/uploads/<hash>/   the file as it came, and the model folder the job makes of it
home/teachers/<name>/        where it is found by its name, once it is kept
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from pathlib import Path

from distill_core.cards import CARD, SUFFIX, replace_file
from distill_core.errors import ConfigError, StorageError
from distill_core.home import RUN_ID, writable_folder
from distill_core.runs.publish import home_of_teacher
from distill_core.task import task_names

MODEL = "model"
FORGOTTEN_AFTER = 86_400.0
"""Seconds; an upload that was neither kept nor discarded is removed by one that comes later than this."""


def check_name(name: str, home: Path) -> Path:
    """Where a teacher of this name would go.

    Raises:
        ConfigError: if the name cannot be used, or is taken.
    """
    if not RUN_ID.match(name):
        raise ConfigError(
            f"Name: got {name!r}; a teacher's name has small letters, digits and dashes, begins with a letter or a "
            "digit and has at most 63 of them."
        )
    folders = {home_of_teacher(home, task, name) for task in task_names()}
    folder = folders.pop()
    if folder.exists():
        raise ConfigError(f"Name: there is a teacher called {name!r} already. Choose another name, or delete that one.")
    return folder


def staged(payload: bytes, called: str, home: Path) -> Path:
    """Puts what came from the browser into a file and returns it; each attempt has a place of its own.

    Raises:
        ConfigError: if it is not called a safetensors file.
        StorageError: if it cannot be written.
    """
    if not called.endswith(SUFFIX):
        raise ConfigError(f"File: got {called!r}; only {SUFFIX} files are taken, for they hold numbers and no code.")
    uploads = home / "cache" / "uploads"
    for other in uploads.glob("*") if uploads.is_dir() else ():
        if time.time() - other.stat().st_mtime > FORGOTTEN_AFTER:
            shutil.rmtree(other, ignore_errors=True)
    folder = uploads / f"{hashlib.sha256(payload).hexdigest()[:24]}-{secrets.token_hex(4)}"
    path = writable_folder(folder) / f"upload{SUFFIX}"
    replace_file(path, payload)
    return path


def model_of(file: Path) -> Path:
    """The folder that the check of a staged file makes."""
    return file.with_name(MODEL)


def keep(file: Path, name: str, home: Path) -> Path:
    """Moves a checked model to where teachers are, whole or not at all, and forgets the upload.

    Raises:
        ConfigError: if the name cannot be used, or is taken meanwhile.
        StorageError: if it cannot be moved.
    """
    folder, model = check_name(name, home), model_of(file)
    if not (model / CARD).is_file():
        raise StorageError("What was checked is gone. Upload the file again.")
    writable_folder(folder.parent)
    try:
        model.rename(folder)
    except OSError as error:
        raise StorageError(
            f"Cannot move the model to {folder} ({error.strerror or error}). Allow writing there, and keep it again."
        ) from None
    discard(file)
    return folder


def discard(file: Path) -> None:
    """Removes a staged file and what was made of it."""
    shutil.rmtree(file.parent, ignore_errors=True)


def read_numbers(what: str, text: str) -> tuple[float, ...]:
    """``0.49, 0.48, 0.45`` as numbers; () for an empty text.

    Raises:
        ConfigError: if one of them is no finite number.
    """
    import math

    numbers = []
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        try:
            number = float(part)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ConfigError(
                f"{what}: got {part.strip()!r}; give a number for each channel, such as 0.49, 0.48, 0.45."
            )
        numbers.append(number)
    return tuple(numbers)
