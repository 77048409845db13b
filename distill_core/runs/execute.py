"""One whole job: the baseline if it is wanted, the training, the measurements, the export, the summary."""

from __future__ import annotations

import importlib.metadata
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.config import DistillConfig
from distill_core.errors import DistillError, StorageError
from distill_core.events import LABELS_WRITTEN, Event, Failed, Preparing, Warned
from distill_core.home import writable_folder
from distill_core.runs.artefact import Workbench
from distill_core.runs.faults import is_named, sentence_of, unusable_checkpoint, why_not_started
from distill_core.runs.preflight import Preflight, inspect, warnings_of
from distill_core.runs.recorder import Recorder
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.status import Status
from distill_core.runs.store import INTERRUPTED, Store
from distill_core.runs.summary import summarise
from distill_core.task import task_named
from distill_core.train.control import RunControl

if TYPE_CHECKING:
    from distill_core.train.result import RunResult

Listener = Callable[[RunEvent], None]
Engine = Callable[..., "RunResult"]
Check = Callable[[DistillConfig, Path, Callable[[], None], Callable[[int, int], None]], Preflight]

END_TRIES, END_WAIT = 3, 0.5


def execute(
    run_id: str,
    store: Store,
    home: Path,
    control: RunControl | None = None,
    on_event: Listener | None = None,
    *,
    on_record: Callable[[RunRecord], None] | None = None,
    engine: Engine | None = None,
    edge: Any = None,
    check: Check = inspect,
    bare: bool = False,
) -> RunRecord:
    """Does a stored run, from its checkpoint if it has one, and leaves it in a final state whatever happens.

    Args:
        run_id: a run of this process's queue, or one that was stopped, failed or interrupted.
        store: where it is kept.
        home: the workbench's folder.
        control: pause, go on or stop from another thread.
        on_event: told each event of the run and of its baseline, in this thread, in order.
        on_record: told whenever the record of the run or of its baseline changes.
        engine: `train.trainer.distill` or a stand-in.
        edge: `edge.jobs` or a stand-in.
        check: `preflight.inspect` or a stand-in.
        bare: neither export the student nor measure latency, for runs of which only the accuracy is wanted.

    Returns:
        The run as it ended: finished, stopped, or failed with the sentence for the user in `error`.

    Raises:
        DistillError: if the run does not exist or another process has it.
        StorageError: if the end could not be stored.
    """
    record = store.get(run_id)
    if not store.claim(run_id):
        raise DistillError(why_not_started(store.get(run_id)))
    job = _Job(record, store, home, control or RunControl(), on_event, on_record, engine, edge, check, bare)
    return job.run()


class _Stopped(Exception):
    """The user ended the job."""


class _Job:
    """A job in progress; `ids` are the runs it works on now: its own, and the baseline's while that trains."""

    def __init__(
        self,
        record: RunRecord,
        store: Store,
        home: Path,
        control: RunControl,
        on_event: Listener | None,
        on_record: Callable[[RunRecord], None] | None,
        engine: Engine | None,
        edge: Any,
        check: Check,
        bare: bool,
    ) -> None:
        self.id, self.config, self.folder = record.id, record.config, record.folder
        self.bare = bare or record.role == "baseline"
        self.store, self.home, self.control = store, home, control
        self.engine, self.edge, self.check = engine, edge, check
        self.on_record = on_record
        self.ids = [record.id]
        self.recorder = Recorder(store, on_event or _ignore, record.id, self._obey)
        self.measured_before: dict[str, Any] | None = None
        self.warned: set[str] = set()
        self.said_before: set[str] = set()
        self.phases = 0
        self.found: Preflight
        self.workbench: Workbench

    def run(self) -> RunRecord:
        """Works, and stores how it ended."""
        try:
            self._changed(self.id)
            self._remember()
            summary, result = self._work()
            self.recorder.close()
            if not self.store.finish(self.id, summary, data_sha256=result.data_sha256, torch_version=_torch_version()):
                raise DistillError(f"The run {self.id} was deleted or ended by another process while it was at work.")
            self._changed(self.id)
        except _Stopped:
            self._end("stopped")
        except Exception as error:
            self._fail(error)
        except BaseException:
            self._end("interrupted", INTERRUPTED)
            raise
        return self.store.get(self.id)

    def _work(self) -> tuple[dict[str, Any], RunResult]:
        writable_folder(self.folder)
        self.found = self.check(self.config, self.home, self._raise_if_stopping, self._written)
        self.workbench = Workbench(
            self.config, self.found, self.home, self.control, self._edge(), self._say, self._warn, self.measured_before
        )
        for warning in warnings_of(self.config, self.found):
            self._warn(warning)
        baseline = self._baseline()
        result = self._train(self.id, self.config)
        exported = None if self.bare else self.workbench.export(self.folder)
        summary = summarise(
            self.id,
            result,
            noun=task_named(self.config.task).scored(self.config.dataset),
            baseline=baseline,
            onnx=exported,
            onnx_why=self.workbench.not_exported,
            latency=self.workbench.latency,
            warnings=self._warnings(),
        )
        return summary, result

    # Training

    def _train(self, run_id: str, config: DistillConfig) -> RunResult:
        self._raise_if_stopping()
        record = self.store.get(run_id)
        resume = record.has_checkpoint
        if run_id == self.id and not resume:
            self._say_if_it_begins_again()
        try:
            result = self._engine()(
                config,
                on_event=lambda event: self._hear(run_id, event),
                control=self.control,
                folder=writable_folder(record.folder),
                resume=resume,
                home=self.home,
            )
        except Exception as error:
            # The teacher's files were read before, so what cannot be read now is the checkpoint.
            if resume and run_id == self.id and is_named(error, "CheckpointError"):
                raise unusable_checkpoint(error, record) from error
            raise
        if result.status == "stopped":
            raise _Stopped
        return result

    def _baseline(self) -> RunRecord | None:
        """The finished run of the same student on labels alone: an earlier one, or one trained now."""
        if not self.config.baseline or self.config.teacher is None:
            return None
        wanted = self.config.baseline_config()
        known = self.store.find_finished(wanted.fingerprint(), self.found.inputs_sha256, _torch_version())
        if known is not None:
            self.store.set_baseline(self.id, known.id)
            self.store.remarks.bring_back(known.id)
            self._changed(self.id)
            self._say(
                Preparing(f"The baseline was trained before (run {known.id}); its figures are used", 1, 1, "runs")
            )
            return known
        try:
            return self._train_baseline(self._half_done(wanted) or self._new_baseline(wanted), wanted)
        except Exception as error:
            if len(self.ids) == 1:
                raise
            if is_named(error, "CheckpointError") and self.store.get(self.ids[-1]).has_checkpoint:
                self._give_up_baseline(error, "a new one is trained")
                return self._train_baseline(self._new_baseline(wanted), wanted)
            if is_named(error, "DivergedError"):
                self._give_up_baseline(error, "the run goes on without it")
                return None
            raise

    def _train_baseline(self, baseline_id: str, config: DistillConfig) -> RunRecord:
        self.ids = [self.id, baseline_id]
        self.store.set_baseline(self.id, baseline_id)
        self._changed(baseline_id)
        self._changed(self.id)
        result = self._train(baseline_id, config)
        self.recorder.flush()
        self.store.finish(
            baseline_id,
            summarise(baseline_id, result),
            data_sha256=self.found.inputs_sha256,
            torch_version=_torch_version(),
        )
        self._changed(baseline_id)
        self.ids = [self.id]
        return self.store.get(baseline_id)

    def _half_done(self, wanted: DistillConfig) -> str | None:
        record = self.store.find_resumable_baseline(wanted.fingerprint())
        return record.id if record is not None and self.store.claim(record.id) else None

    def _new_baseline(self, wanted: DistillConfig) -> str:
        baseline_id = self.store.create(wanted, role="baseline", parent=self.id, name=f"Baseline of {self.id}")
        self.store.claim(baseline_id)
        return baseline_id

    def _give_up_baseline(self, error: Exception, what_now: str) -> None:
        """The baseline failed; the run does not have to, and no longer has one."""
        baseline_id = self.ids.pop()
        self.recorder.emit(baseline_id, Failed(str(error)))
        self.recorder.flush()
        self.store.set_status(baseline_id, "failed", error=str(error))
        self.store.set_baseline(self.id, None)
        self._changed(baseline_id)
        self._changed(self.id)
        self._warn(f"The baseline failed (run {baseline_id}), so {what_now}: {error}")

    def _hear(self, run_id: str, event: Event) -> None:
        """Everything the engine says passes here."""
        self.recorder.emit(run_id, event)
        data: Any = event
        if event.kind == "Paused":
            self._set_all("paused")
        elif event.kind == "Resumed":
            self._set_all("running")
        elif event.kind == "Warned":
            self.warned.add(data.message)
        elif event.kind == "Started":
            self.phases = len(data.phases)
        elif event.kind == "PhaseStarted" and run_id == self.id and self._measures_at(data.index):
            self.workbench.measure_architectures(data.step)

    def _measures_at(self, phase: int) -> bool:
        """Whether latency is due: once a run, at the first boundary, or at the start of a run of one phase."""
        return not self.bare and self.workbench.latency is None and (phase >= 1 or self.phases <= 1)

    # Saying and storing

    def _say(self, event: Event) -> None:
        self.recorder.emit(self.id, event)

    def _warn(self, message: str) -> None:
        if message not in self.warned:
            self.warned.add(message)
            self._say(Warned(message))

    def _say_if_it_begins_again(self) -> None:
        """Says that an earlier attempt's steps are lost, if there was one."""
        if "Checkpointed" in self.said_before:
            self._say(Warned("The checkpoint of this run is gone from its folder, so it began again from the start."))
        elif "Started" in self.said_before:
            self._say(Preparing("There is no checkpoint yet, so the run begins again from the start", 1, 1, "runs"))

    def _remember(self) -> None:
        """What an earlier attempt at this run said already."""
        for known in self.store.events(self.id):
            data: Any = known.event
            self.said_before.add(data.kind)
            if data.kind == "Warned":
                self.warned.add(data.message)
            elif data.kind == "Measured":
                self.measured_before = data.latency

    def _warnings(self) -> list[str]:
        self.recorder.flush()
        said: list[Any] = [known.event for known in self.store.events(self.id)]
        return [event.message for event in said if event.kind == "Warned"]

    def _written(self, done: int, total: int) -> None:
        """A model writes the labels that the data lacks; that takes its time."""
        self._say(Preparing(LABELS_WRITTEN, done, total, task_named(self.config.task).noun))
        self._raise_if_stopping()

    def _raise_if_stopping(self) -> None:
        if self.control.stopping:
            raise _Stopped

    def _obey(self, wish: str) -> None:
        """What another process asks for, through the store."""
        act = {"pause": self.control.pause, "go": self.control.resume, "stop": self.control.stop}.get(wish)
        if act is not None:
            act()

    def _set_all(self, status: Status) -> None:
        for run_id in self.ids:
            if self.store.set_status(run_id, status):
                self._changed(run_id)

    def _changed(self, run_id: str) -> None:
        if self.on_record is not None:
            self.on_record(self.store.get(run_id))

    def _fail(self, error: Exception) -> None:
        sentence, details = sentence_of(error), "".join(traceback.format_exception(error))
        try:
            for run_id in reversed(self.ids):
                self.recorder.emit(run_id, Failed(sentence, details), insist=True)
        except StorageError:
            logging.getLogger(__name__).warning("The run %s failed and its listener too", self.id, exc_info=True)
        self._end("failed", sentence, details)

    def _end(self, status: Status, error: str | None = None, details: str | None = None) -> None:
        """Ends the runs in hand, trying again if the store is busy or full for a moment."""
        try:
            self.recorder.close()
        except StorageError:
            logging.getLogger(__name__).warning("The last events of %s are lost", self.id, exc_info=True)
        for attempt in range(1, END_TRIES + 1):
            try:
                for run_id in reversed(self.ids):
                    self.store.set_status(run_id, status, error=error, details=details)
                    self._changed(run_id)
                return
            except StorageError:
                if attempt == END_TRIES:
                    raise
                time.sleep(END_WAIT)

    def _engine(self) -> Engine:
        if self.engine is None:
            from distill_core.train.trainer import distill

            self.engine = distill
        return self.engine

    def _edge(self) -> Any:
        if self.edge is None:
            from distill_core.edge import jobs

            self.edge = jobs
        return self.edge


def _torch_version() -> str:
    return importlib.metadata.version("torch")


def _ignore(_event: RunEvent) -> None:
    return None
