"""The process's one manager of runs: a queue, a thread that works through it, and snapshots for any number of readers.

It knows no page. Reloading this module or clearing a page's caches does not touch the manager, for it hangs on a
holder in `sys.modules` that belongs to no file.
"""

from __future__ import annotations

import dataclasses
import importlib
import logging
import os
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from distill_core.config import DistillConfig
from distill_core.errors import DistillError, StorageError
from distill_core.home import default_home
from distill_core.runs.curves import Curves
from distill_core.runs.execute import execute
from distill_core.runs.live import History
from distill_core.runs.owner import this_process
from distill_core.runs.records import RunEvent, RunRecord, Snapshot
from distill_core.runs.store import Store
from distill_core.train.control import RunControl

HISTORIES_KEPT = 32
ADOPT_SECONDS = 5.0
_HOLDER = "_distill_workbench_process"

Execute = Callable[..., RunRecord]


@dataclasses.dataclass
class _Work:
    """The job in hand; `ids` are its run and the baseline it trains."""

    run_id: str
    control: RunControl
    ids: set[str]


class Manager:
    """Runs of one home, one at a time, in a daemon thread.

    Runs that were put aside long ago (`store.KEPT_ASIDE`) are removed when it is made.

    Attributes:
        curves: what validation said of many runs, for tables.

    Args:
        home: the workbench's folder; None takes the default.
        url: the database; None takes the default.
        execute: does a stored run; a stand-in for tests.

    Raises:
        StorageError: if the home or the database cannot be used.
    """

    def __init__(self, home: Path | None = None, url: str | None = None, execute: Execute = execute) -> None:
        self.store = Store(home, url)
        self.store.adopt()
        self.store.purge()
        self.curves = Curves(self.store)
        self._execute = execute
        self._queue: deque[str] = deque()
        self._work: _Work | None = None
        self._news = threading.Condition()
        self._histories: dict[str, History] = {}
        self._loading = threading.RLock()
        self._adopted = time.monotonic()
        self._unsaved: dict[str, str] = {}
        self._thread = threading.Thread(target=self._work_through, name="run-manager", daemon=True)
        self._thread.start()

    # What a user asks for

    def submit(self, config: DistillConfig, name: str = "") -> str:
        """Stores a run, puts it at the end of the queue and returns its id."""
        if name:
            config = config.model_copy(update={"name": name[:80]})
        run_id = self.store.create(config)
        self._enqueue(run_id)
        return run_id

    def resume(self, run_id: str) -> str:
        """Takes up a stopped, failed or interrupted run, from its checkpoint if it has one; returns the id.

        Raises:
            DistillError: if the run is finished or going on, or there is none.
        """
        if not self.store.requeue(run_id):
            status = self.store.get(run_id).status
            raise DistillError(
                f"The run {run_id} is {status}; only a stopped, failed or interrupted run can be resumed."
            )
        self._enqueue(run_id)
        return run_id

    def pause(self, run_id: str) -> None:
        """Holds a run between two batches, also while the teacher answers.

        Nothing happens to one that only waits or is over.
        """
        work = self._working_on(run_id)
        if work is not None:
            work.control.pause()
        elif run_id not in self.queue():
            self.store.wish(run_id, "pause")

    def pausing(self, run_id: str) -> bool:
        """Whether a run of this process was asked to pause and has not come to it yet."""
        work = self._working_on(run_id)
        return work is not None and work.control.decision == "pause" and self.store.get(run_id).status == "running"

    def unpause(self, run_id: str) -> None:
        """Lets a paused run go on."""
        work = self._working_on(run_id)
        if work is not None:
            work.control.resume()
        elif run_id not in self.queue():
            self.store.wish(run_id, "go")

    def stop(self, run_id: str) -> None:
        """Ends a run; one that waits ends without having run. Asking twice, or for one that is over, does no harm.

        Raises:
            DistillError: if there is no such run.
        """
        with self._news:
            if run_id in self._queue:
                self._queue.remove(run_id)
        work = self._working_on(run_id)
        record = self.store.get(run_id)
        if record.over:
            return
        if record.status == "queued":
            self.store.set_status(run_id, "stopped")
        if work is not None:
            work.control.stop()
            for each in tuple(work.ids):
                history = self._histories.get(each)
                if self.store.set_status(each, "stopping") and history is not None:
                    # Not `_changed`: the job may end meanwhile, and its history must not be called ours again.
                    history.record = self.store.get(each)
        elif record.status != "queued":
            self.store.wish(run_id, "stop")
            self.store.set_status(run_id, "stopping")
            self.store.adopt()

    def delete(self, run_id: str) -> None:
        """Removes a run that is over, with its folder; raises DistillError if it is not over."""
        self.store.delete(run_id)
        self._histories.pop(run_id, None)

    def put_aside(self, run_id: str) -> None:
        """Marks a run that is over as deleted, so that no list has it; raises DistillError if it is not over."""
        self.store.remarks.put_aside(run_id)
        self._said_anew(run_id)
        self.store.purge()

    def bring_back(self, run_id: str) -> None:
        """Undoes `put_aside`."""
        self.store.remarks.bring_back(run_id)
        self._said_anew(run_id)

    def remark(
        self, run_id: str, *, name: str | None = None, tags: Iterable[str] | None = None, note: str | None = None
    ) -> None:
        """Replaces what people say of a run, as far as it is given; raises DistillError if there is no such run."""
        if name is not None:
            self.store.rename(run_id, name)
        if tags is not None:
            self.store.remarks.tag(run_id, tags)
        if note is not None:
            self.store.remarks.note(run_id, note)
        self._said_anew(run_id)

    def move(self, run_id: str, by: int) -> bool:
        """Moves a run that waits: by -1 it comes one place earlier, by 1 one later.

        Beyond the ends of the queue it stays at the end.

        Returns:
            Whether it moved; False also for a run that does not wait here any more.
        """
        with self._news:
            if run_id not in self._queue:
                return False
            here = self._queue.index(run_id)
            there = min(max(here + by, 0), len(self._queue) - 1)
            self._queue.remove(run_id)
            self._queue.insert(there, run_id)
            return here != there

    # What a reader sees

    def snapshot(self, run_id: str, since: int = 0) -> Snapshot:
        """A run now, with the events after the cursor `since` (a snapshot's `last_seq`).

        For a run of this process it reads memory alone; for others, and for those that are over, it asks the store.

        Raises:
            DistillError: if there is no such run.
        """
        history = self._histories.get(run_id)
        if history is None or not history.ours:
            history = self._topped_up(run_id)
        return history.snapshot(since)

    def active(self) -> str | None:
        """The run in hand."""
        work = self._work
        return work.run_id if work is not None else None

    def queue(self) -> list[str]:
        """The runs that wait, first come first."""
        with self._news:
            return list(self._queue)

    # The thread

    def _enqueue(self, run_id: str) -> None:
        with self._news:
            self._queue.append(run_id)
            self._news.notify()

    def _work_through(self) -> None:
        while True:
            with self._news:
                while not self._queue:
                    self._news.wait(timeout=ADOPT_SECONDS if self._unsaved else None)
                    if self._unsaved and not self._queue:
                        break
                if self._queue:
                    run_id = self._queue.popleft()
                    self._work = _Work(run_id, RunControl(), {run_id})
            self._save_ends()
            if self._work is None:
                continue
            try:
                with training_lock():
                    self._do(self._work)
            except Exception as error:
                logging.getLogger(__name__).exception("The run %s could not be done", self._work.run_id)
                if isinstance(error, StorageError):
                    self._unsaved[self._work.run_id] = str(error)
            finally:
                self._work = None

    def _do(self, work: _Work) -> None:
        if self.store.get(work.run_id).status != "queued":
            return
        history = self._topped_up(work.run_id)
        history.ours = True
        try:
            self._execute(work.run_id, self.store, self.store.home, work.control, self._hear, on_record=self._changed)
        except StorageError as error:
            logging.getLogger(__name__).exception("The end of the run %s could not be stored", work.run_id)
            for run_id in work.ids:
                self._unsaved[run_id] = str(error)
                failed = self._histories[run_id]
                failed.record = dataclasses.replace(failed.record, status="failed", error=str(error), ended=time.time())
        finally:
            for run_id in work.ids:
                self._histories[run_id].ours = False

    def _save_ends(self) -> None:
        """Stores the ends of runs that a full disk or a busy database kept from being stored."""
        for run_id, error in list(self._unsaved.items()):
            try:
                self.store.set_status(run_id, "failed", error=error)
                del self._unsaved[run_id]
            except StorageError:
                return

    def _hear(self, event: RunEvent) -> None:
        history = self._histories.get(event.run_id)
        if history is not None:
            history.extend((event,))

    def _changed(self, record: RunRecord) -> None:
        """A record of the job in hand is new."""
        history = self._histories.get(record.id) or self._topped_up(record.id)
        history.record = record
        if self._work is not None and record.live:
            history.ours = True
            self._work.ids.add(record.id)
        if record.baseline_id is None:
            history.baseline = None
        elif history.baseline is None or history.baseline.record.id != record.baseline_id:
            history.baseline = self._histories.get(record.baseline_id) or self._topped_up(record.baseline_id)

    def _said_anew(self, run_id: str) -> None:
        """Brings what people say of a run into its history; what the run itself does there is left alone."""
        history = self._histories.get(run_id)
        if history is not None:
            new = self.store.get(run_id)
            history.record = dataclasses.replace(
                history.record, name=new.name, tags=new.tags, note=new.note, deleted=new.deleted
            )

    def _working_on(self, run_id: str) -> _Work | None:
        work = self._work
        return work if work is not None and run_id in work.ids else None

    # Histories of runs that are not in hand

    def _topped_up(self, run_id: str) -> History:
        with self._loading:
            pulse = self.store.pulse(run_id)
            history = self._histories.get(run_id)
            if history is None:
                history = History(self.store.get(run_id), ours=False)
                self._keep(history)
            if history.ours:
                return history
            known = history.record
            if (pulse.status, pulse.baseline_id) != (known.status, known.baseline_id) and run_id not in self._unsaved:
                history.record = self.store.get(run_id)
            if pulse.last_seq > history.last_seq:
                history.extend(self.store.events(run_id, history.last_seq))
            history.baseline = self._baseline_of(pulse.baseline_id) if pulse.baseline_id is not None else None
            self._look_after(history)
            return history

    def _baseline_of(self, baseline_id: str) -> History | None:
        try:
            return self._topped_up(baseline_id)
        except DistillError:
            return None

    def _look_after(self, history: History) -> None:
        """A run of another process that died must not look alive for ever."""
        foreign = history.record.live and history.record.owner != this_process().token()
        if foreign and time.monotonic() - self._adopted > ADOPT_SECONDS:
            self._adopted = time.monotonic()
            if history.record.id in self.store.adopt():
                history.record = self.store.get(history.record.id)

    def _keep(self, history: History) -> None:
        self._histories[history.record.id] = history
        spare = [run_id for run_id, each in self._histories.items() if not each.ours]
        for run_id in spare[: max(0, len(self._histories) - HISTORIES_KEPT)]:
            if run_id != history.record.id:
                del self._histories[run_id]


def get_manager(home: Path | None = None) -> Manager:
    """The process's manager for a home; made at the first call, the same object ever after.

    Raises:
        StorageError: if the home or the database cannot be used.
    """
    shared = _shared()
    key = (str((home or default_home()).absolute()), os.environ.get("DISTILL_DATABASE", ""))
    with shared.setdefault("lock", threading.Lock()):
        managers = shared.setdefault("managers", {})
        if key not in managers:
            managers[key] = Manager(home)
        manager: Manager = managers[key]
        return manager


def warm_up() -> None:
    """Imports torch and the engine in the background, so that the first run starts at once; returns immediately."""
    shared = _shared()
    with shared.setdefault("lock", threading.Lock()):
        if "warm_up" not in shared:
            shared["warm_up"] = threading.Thread(target=_import_engine, name="warm-up", daemon=True)
            shared["warm_up"].start()


def _import_engine() -> None:
    try:
        importlib.import_module("distill_core.train.trainer")
    except Exception:
        logging.getLogger(__name__).exception("The engine could not be imported ahead of time")


def training_lock() -> Any:
    """One training at a time in a process: torch's random numbers belong to the process."""
    return _shared().setdefault("training", threading.Lock())


def _shared() -> dict[str, Any]:
    """What outlives reloads: the attributes of a module that no file backs."""
    return sys.modules.setdefault(_HOLDER, types.ModuleType(_HOLDER)).__dict__
