"""Progress on the screen: a bar where there is a terminal, plain lines where there is none."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from distill_core.runs.records import RunEvent
from distill_core.terminal.screen import harmless, show
from distill_core.terminal.watching import Watch


class Display(Protocol):
    """Shows a run while it is open."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def hear(self, event: RunEvent) -> None:
        """Takes in an event, in the training's thread."""
        ...

    def say(self, text: str) -> None:
        """Shows a line beside the progress."""
        ...


def display(console: Console, watch: Watch) -> Display:
    """What suits the console."""
    return Bar(console, watch) if console.is_terminal else Lines(console, watch)


class Lines:
    """A line for each phase, epoch and other event."""

    def __init__(self, console: Console, watch: Watch) -> None:
        self._console, self._watch = console, watch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def hear(self, event: RunEvent) -> None:
        """Prints what the event gives rise to."""
        for said in self._watch.see(event):
            self.say(said.text)

    def say(self, text: str) -> None:
        """Prints a line at once."""
        show(text, to=self._console)
        with harmless():
            self._console.file.flush()


class Bar:
    """A bar with what happens, the time left and current figures; phases are printed above it as they pass."""

    def __init__(self, console: Console, watch: Watch) -> None:
        self._console, self._watch = console, watch
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]}", style="cyan", markup=False),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console,
            refresh_per_second=4,
            transient=True,
        )
        self._task = self._progress.add_task("getting ready", total=1.0, left="", figures="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        with harmless():
            self._progress.stop()

    def hear(self, event: RunEvent) -> None:
        """Moves the bar and prints what is worth a line."""
        watch = self._watch
        for said in watch.see(event):
            if said.kind != "epoch":
                self.say(said.text)
        self._progress.update(
            self._task, description=watch.doing, completed=watch.share, left=watch.left, figures=watch.figures
        )

    def say(self, text: str) -> None:
        """Prints a line above the bar."""
        with harmless():
            self._progress.console.print(text, markup=False)
