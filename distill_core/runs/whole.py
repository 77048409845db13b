"""The whole job from Python: what the app and the terminal do with a configuration, in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.runs.execute import execute
from distill_core.runs.manager import training_lock
from distill_core.runs.preflight import inspect
from distill_core.runs.records import RunEvent, RunRecord
from distill_core.runs.store import Store
from distill_core.train.control import RunControl


def run(
    config: DistillConfig,
    *,
    home: Path | str | None = None,
    on_event: Callable[[RunEvent], None] | None = None,
    control: RunControl | None = None,
) -> RunRecord:
    """Stores a run and does it whole: its baseline, the training, latency, the ONNX file and the summary.

    It works in the caller's thread and returns at the end. The app and the terminal list the run like their own.

    Args:
        config: of the run.
        home: the workbench's folder; None takes `DISTILL_HOME`, else ``~/.distill``.
        on_event: told each event of the run and of its baseline, in order.
        control: pause, go on or stop from another thread.

    Returns:
        The run, "finished" with its figures in `summary` and its files in `folder`, or "stopped" by the control.

    Raises:
        DistillError: if something in the configuration is wrong, or the run failed; a run that failed is kept.

    Example:
        >>> record = run(DistillConfig(label_budget=400))  # doctest: +SKIP
        >>> record.summary["student"]["accuracy"], record.summary["onnx"]["path"]  # doctest: +SKIP
    """
    store = Store(home)
    try:
        store.adopt()
        with training_lock():
            found = inspect(config, store.home)
            record = execute(store.create(config), store, store.home, control, on_event, check=lambda *_: found)
    finally:
        store.close()
    if record.status in ("finished", "stopped"):
        return record
    raise DistillError(f"The run {record.id} {record.status}: {record.error}")
