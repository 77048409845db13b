"""Writing to the terminal; whoever stops reading never stops the work."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TextIO

import typer
from rich.console import Console
from rich.table import Table

WIDE = 160
"""Columns of a table that goes to a file or a pipe, where nobody's window limits it."""


class PatientConsole(Console):
    """A console that falls silent, rather than end the program, when its reader has gone."""

    def on_broken_pipe(self) -> None:
        """Discards what still comes."""
        self.quiet = True
        _discard()


def console(stream: TextIO | None = None) -> Console:
    """A console for a stream; None takes standard output as it is now."""
    stream = stream or sys.stdout
    terminal = stream.isatty()
    return PatientConsole(file=stream, highlight=False, width=None if terminal else WIDE, soft_wrap=not terminal)


def error_console() -> Console:
    """A console for standard error as it is now."""
    return console(sys.stderr)


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = (), names: bool = False
) -> Table:
    """A table; columns whose index is in `numbers` are aligned to the right.

    With `names` the first column holds names to copy, which stay on one line.
    """
    numbers = set(numbers)
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        justify: Literal["right", "left"] = "right" if index in numbers else "left"
        made.add_column(heading, justify=justify, overflow="fold", no_wrap=names and index == 0)
    for row in rows:
        made.add_row(*row)
    return made


def side_by_side(*milliseconds: float | None) -> str:
    """Times with as many decimals each: 0.098 and 0.1 -> ``0.098 / 0.100 ms``; a dash for what is not known."""
    known = [value for value in milliseconds if value]
    if not known:
        return "–"
    smallest = min(known)
    decimals = max(0, (1 if smallest < 1 else 2) - math.floor(math.log10(smallest)))
    return " / ".join("–" if value is None else f"{value:,.{decimals}f}" for value in milliseconds) + " ms"


def show(*things: Any, to: Console | None = None) -> None:
    """Prints text or tables, as they are: square brackets are no markup."""
    out = to or console()
    with harmless():
        for thing in things:
            out.print(thing, markup=False)


def show_json(data: Any) -> None:
    """One object on one line of standard output."""
    with harmless():
        print(json.dumps(data), flush=True)


@contextlib.contextmanager
def harmless() -> Any:
    """Lets a reader that has gone, such as ``| head``, or a full disk behind ``>`` pass: the work matters more."""
    try:
        yield
    except OSError:
        _discard()
    except ValueError as error:  # "I/O operation on closed file"
        if "closed file" not in str(error):
            raise


def confirmed(question: str) -> bool:
    """Asks on standard error; no answer, as where there is nobody to give one, is a no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


def flush() -> None:
    """Writes out what waits, so that Python's own shutdown finds nothing to complain about."""
    for stream in (sys.stdout, sys.stderr):
        with harmless():
            stream.flush()


def _discard() -> None:
    """Sends what still comes to nowhere; a stream without a file number belongs to a test and is left alone."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            try:
                stream.flush()
            except OSError:
                _point_nowhere(stream.fileno())


def _point_nowhere(number: int, opener: Callable[[str, int], int] = os.open) -> None:
    nowhere = opener(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
