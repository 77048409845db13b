"""How a command ends: its exit code, its sentence, and with ``--json`` its last line."""

from __future__ import annotations

import re
from typing import Any, Literal

from distill_core.errors import ConfigError, DataUnavailable, DistillError

SUCCESS, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130
Status = Literal["failed", "stopped", "invalid"]

_CODES: dict[Status, int] = {"failed": FAILED, "invalid": BAD_INPUT, "stopped": STOPPED}
_BAD_INPUT_IN_TRACEBACK = re.compile(r"^distill_core\.errors\.(ConfigError|DataUnavailable):", re.MULTILINE)


class Ending(Exception):
    """A command that did not do what it was asked for.

    Args:
        status: "invalid" for input the user can mend, "stopped" by the user, or "failed".
        sentence: what happened and what to do next.
        run_id: the run it was about, if there is one.
    """

    def __init__(self, status: Status, sentence: str, run_id: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.run_id = status, sentence, run_id

    @property
    def exit_code(self) -> int:
        """For the shell."""
        return _CODES[self.status]

    def to_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        return {"run_id": self.run_id, "status": self.status, "error": self.sentence}


def ending_of(error: DistillError) -> Ending:
    """The ending that an error of the library means."""
    invalid = isinstance(error, ConfigError | DataUnavailable)
    return Ending("invalid" if invalid else "failed", str(error))


def failure_of_run(run_id: str, sentence: str, details: str | None) -> Ending:
    """The ending that a failed run means; its traceback tells whether the input was to blame."""
    invalid = _BAD_INPUT_IN_TRACEBACK.search(details or "") is not None
    return Ending("invalid" if invalid else "failed", sentence, run_id)
