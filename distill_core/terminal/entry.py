"""The way in: runs one command, and says in a sentence what happened when it went wrong."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

import typer

from distill_core.errors import DistillError
from distill_core.terminal.app import app
from distill_core.terminal.endings import STOPPED, SUCCESS, Ending, ending_of
from distill_core.terminal.interrupts import terminated_like_interrupted
from distill_core.terminal.screen import error_console, flush, show, show_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 only if it did what it was asked for.

    Args:
        arguments: without the program's name; None takes the command line's.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    _quiet_logs(debug)
    try:
        with terminated_like_interrupted():
            code: int | None = app(arguments, prog_name="python -m distill_core", standalone_mode=False)
        if code != STOPPED:
            flush()
            return code or SUCCESS
        ending = Ending("stopped", "Stopped.")
    except Ending as error:
        ending = error
    except DistillError as error:
        ending = Ending("stopped", str(error)) if type(error).__name__ == "JobStopped" else ending_of(error)
    except typer.TyperException as error:
        ending = Ending("invalid", f"{_in_one_line(error.format_message())} See python -m distill_core --help.")
    except Exception as error:
        if debug:
            traceback.print_exc()
        ending = Ending("failed", _unexpected(error, debug))
    show(ending.sentence, to=error_console())
    if "--json" in arguments:
        show_json(ending.to_dict())
    flush()
    return ending.exit_code


def _in_one_line(message: str) -> str:
    """What is wrong with a command line, as a sentence."""
    line = " ".join(message.replace("Value error, ", "").split())
    return line if line.endswith((".", "?", "!")) else f"{line}."


def _unexpected(error: Exception, debug: bool) -> str:
    what = f"Something went wrong that the workbench did not expect ({type(error).__name__}: {error})."
    if debug:
        return what
    number, path = tempfile.mkstemp(prefix="distill-error-", suffix=".txt")
    with os.fdopen(number, "w") as file:
        traceback.print_exception(error, file=file)
    return f"{what} The traceback is in {path}; --debug shows it here."


class _OneLine(logging.Formatter):
    """Log records without their tracebacks, which no user asked for."""

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage()


def _quiet_logs(debug: bool) -> None:
    """Warnings of the library go to standard error in one line; with debug, with their tracebacks."""
    logger = logging.getLogger("distill_core")
    if logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s") if debug else _OneLine())
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
