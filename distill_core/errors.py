"""What can go wrong, in sentences a user can act on.

Every error the library raises on purpose is a `DistillError`; its text says what happened, with which value,
and what to do next. The terminal prints it as it is and the pages show it as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DistillError(Exception):
    """Something the user can mend; the message says how."""


class ConfigError(DistillError, ValueError):
    """A setting is out of range, unknown, or contradicts another."""


class DataUnavailable(DistillError):
    """A data set cannot be had here; the message names the ways out."""


class CheckpointError(DistillError):
    """A checkpoint or a weights file cannot be read."""


class DivergedError(DistillError):
    """The loss stopped being a number."""


class StorageError(DistillError):
    """A folder or a disk refused to keep what a run wants to write."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name that is not in a registry: says what is known and guesses what was meant.

    Args:
        what: the setting's name, such as ``student``.
        name: the value that is not known.
        known: the values that are.
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    return ConfigError(f"{what}: {name!r} is not known.{guess} Known: {', '.join(known) or 'none yet'}.")
