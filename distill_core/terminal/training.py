"""Works on a stored run in this process, with progress on the screen and Ctrl-C heeded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from distill_core.config import DistillConfig
from distill_core.courtesy import apart
from distill_core.errors import ConfigError, DistillError, StorageError, unknown_name
from distill_core.events import LABELS_WRITTEN
from distill_core.runs.records import RunRecord
from distill_core.terminal.display import display
from distill_core.terminal.endings import Ending, ending_of, failure_of_run
from distill_core.terminal.interrupts import interruptible
from distill_core.terminal.watching import Watch
from distill_core.train.control import RunControl

if TYPE_CHECKING:
    from distill_core.runs.store import Store


def open_store() -> Store:
    """The store of the default home; runs whose process is gone are marked as interrupted."""
    from distill_core.runs.store import Store

    store = Store()
    store.adopt()
    return store


def find_run(store: Store, text: str, *, put_aside: bool = False) -> RunRecord:
    """A run by its id, or by a beginning of it that fits no other.

    Args:
        store: where it is.
        text: what the user wrote.
        put_aside: whether those that were deleted in the app, but can still be brought back, count too.

    Raises:
        ConfigError: if there is none, or several.
    """
    known = [*store.list(), *(store.list(put_aside=True) if put_aside else ())]
    exact = [record for record in known if record.id == text]
    fitting = exact or [record for record in known if record.id.startswith(text)]
    if len(fitting) > 1:
        several = ", ".join(record.id for record in fitting[:20])
        raise ConfigError(f"run: several ids begin with {text!r}: {several}. Write more of the one that is meant.")
    if not fitting:
        raise unknown_name("run", text, [record.id for record in known[:20]])
    return fitting[0]


def start(store: Store, config: DistillConfig, console: Console, **details: Any) -> tuple[RunRecord, set[str]]:
    """Stores a new run and works on it; bad input is found before anything is stored.

    Args:
        store: where it will be.
        config: of the run.
        console: where the progress goes.
        details: for `runs.execute.execute`.

    Returns:
        See `work_on`.

    Raises:
        DistillError: for bad input.
        Ending: if the run failed or was stopped.
    """
    from distill_core.runs.preflight import inspect
    from distill_core.task import no_matter

    def written(done: int, total: int) -> None:
        console.print(f"{LABELS_WRITTEN}: {done:,} of {total:,}")

    found = apart(lambda: inspect(config, store.home, no_matter, written))
    return work_on(store, store.create(config), console, check=lambda *_: found, **details)


def work_on(store: Store, run_id: str, console: Console, **details: Any) -> tuple[RunRecord, set[str]]:
    """Works on a stored run until it is finished.

    Args:
        store: where it is.
        run_id: a new run, or one to go on with.
        console: where the progress goes.
        details: for `runs.execute.execute`.

    Returns:
        The finished run, and the warnings that were shown while it was worked on.

    Raises:
        Ending: if it failed or was stopped, also while its file was made: whatever was to follow must not begin.
    """
    from distill_core.runs.execute import execute

    record = store.get(run_id)
    control = RunControl()
    how_to_resume = f"The run is kept; go on with: python -m distill_core resume {run_id}"
    watch = Watch(run_id, record.config)
    screen = display(console, watch)
    with screen, interruptible(control.stop, screen.say, how_to_resume) as interruption:
        ended = _in_thread(lambda: execute(run_id, store, store.home, control, screen.hear, **details), run_id)
    if ended.status == "finished" and interruption.asked:
        raise Ending("stopped", _cut_short(ended), run_id)
    if ended.status == "finished":
        return ended, watch.warnings
    if ended.status == "stopped":
        sentence = f"{_what_is_kept(store, ended)} Go on with: python -m distill_core resume {run_id}"
        raise Ending("stopped", sentence, run_id)
    raise failure_of_run(run_id, ended.error or f"The run ended as {ended.status}.", ended.details)


def watched(store: Store, record: RunRecord) -> Watch:
    """What the stored events of a run and of its baseline tell."""
    watch = Watch(record.id, record.config)
    events = [*store.events(record.baseline_id)] if record.baseline_id is not None else []
    for event in sorted([*events, *store.events(record.id)], key=lambda event: event.time):
        watch.see(event)
    return watch


def _cut_short(finished: RunRecord) -> str:
    """What a run has that was trained to its end, but was told to stop after that."""
    if (finished.summary or {}).get("onnx"):
        return f"Stopped; the run {finished.id} is finished and kept."
    return (
        f"Stopped; the run {finished.id} is trained and kept, but has no file yet. "
        f"Make it: python -m distill_core export {finished.id}"
    )


def _what_is_kept(store: Store, stopped: RunRecord) -> str:
    """What a stopped run goes on from."""
    if stopped.has_checkpoint:
        return "Stopped; the checkpoint is kept."
    baseline = store.get(stopped.baseline_id) if stopped.baseline_id is not None else None
    if baseline is not None and baseline.resumable and baseline.has_checkpoint:
        return "Stopped while the baseline trained; the baseline's checkpoint is kept."
    return "Stopped before the first checkpoint."


def _in_thread(work: Callable[[], RunRecord], run_id: str) -> RunRecord:
    """Works in a thread, so that the main one can heed signals even while a step takes long."""
    found: list[RunRecord | BaseException] = []

    def target() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=target, name="run", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    (result,) = found
    if isinstance(result, StorageError):
        raise Ending("failed", str(result), run_id) from result
    if isinstance(result, DistillError):
        ending = ending_of(result)
        raise Ending(ending.status, ending.sentence, run_id) from result
    if isinstance(result, BaseException):
        raise result
    return result


def best_weights(record: RunRecord) -> Path:
    """The folder with a run's best weights.

    Raises:
        DistillError: if the run has none yet.
    """
    folder = record.folder / "best"
    if not (folder / "card.json").is_file():
        what_now = f"Let it end first: python -m distill_core resume {record.id}" if record.resumable else record.error
        raise DistillError(
            f"The run {record.id} is {record.status} and has no trained weights yet. {what_now or 'Let it end first.'}"
        )
    return folder
