"""Errors as a user should read them."""

from __future__ import annotations

import shlex

from distill_core.errors import CheckpointError
from distill_core.runs.records import RunRecord


class UnusableCheckpoint(CheckpointError):
    """A run's own checkpoint cannot be gone on from, so resuming fails as long as it lies there."""


def unusable_checkpoint(error: BaseException, record: RunRecord) -> UnusableCheckpoint:
    """What the training said of a run's checkpoint, with the command that repeats the run from its start."""
    return UnusableCheckpoint(f"{error} The command for that: {command_anew(record)}")


def command_anew(record: RunRecord) -> str:
    """The command that makes a new run with a run's settings."""
    return f"python -m distill_core run {shlex.quote(str(record.folder / 'config.json'))}"


def why_not_started(record: RunRecord) -> str:
    """Why a run cannot be taken up, and what can be done with it instead."""
    if record.status == "finished":
        return (
            f"The run {record.id} is finished, so nothing of it is left to do. See its results: python -m distill_core "
            f"show {record.id}; or repeat it as a new run: {command_anew(record)}"
        )
    return (
        f"The run {record.id} is {record.status} in another process, the app or a terminal. Watch it there; or stop it "
        "there, with the Stop button or Ctrl-C, and then resume it."
    )


def sentence_of(error: BaseException) -> str:
    """An error for the user: the library's own as it is, another with its kind."""
    if is_named(error, "DistillError"):
        return str(error)
    return (
        f"Something went wrong that the workbench did not expect ({type(error).__name__}: {error}). "
        "What the run had saved is kept; the traceback is in its details."
    )


def is_named(error: BaseException, name: str) -> bool:
    """Whether an error is of this class, by name: a reloaded module's class is another object."""
    return any(kind.__name__ == name for kind in type(error).__mro__)
