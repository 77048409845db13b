"""Exporting a run that was trained before: the file, its measurements, and the run's stored summary that names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from distill_core.edge import jobs
from distill_core.errors import DistillError
from distill_core.events import Event
from distill_core.runs import preflight
from distill_core.runs.artefact import FILE_NAME, Workbench
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store
from distill_core.runs.summary import with_export
from distill_core.train.control import RunControl


def export_run(
    record: RunRecord,
    store: Store,
    out: Path | None = None,
    control: RunControl | None = None,
    say: Callable[[Event], None] = lambda _event: None,
    *,
    edge: Any = jobs,
    check: Any = None,
) -> dict[str, Any]:
    """Exports a run's best weights, measures the file, and adds both to the run's summary, if it has one.

    Args:
        record: a run with trained weights.
        store: where it is kept.
        out: the file to write; None puts it into the run's folder.
        control: a stop cancels what goes on.
        say: told what is being done.
        edge: `edge.jobs` or a stand-in.
        check: `preflight.inspect` or a stand-in.

    Returns:
        `edge.jobs.export_model`'s report with all `warnings`, and `latency`: the figures, or None if the file could
        not be measured.

    Raises:
        JobStopped: if the control said stop before the file was there.
        DistillError: if it cannot be exported.
    """
    control = control or RunControl()
    report = edge.export_model(
        record.folder / "best",
        out or record.folder / FILE_NAME,
        config_json=record.folder / "config.json",
        home=store.home,
        should_stop=lambda: control.stopping,
    )
    warnings = list(report["warnings"])
    latency = _measured(
        record, store, Path(report["path"]), control, say, warnings.append, edge, check or preflight.inspect
    )
    if record.summary is not None:
        store.set_summary(record.id, with_export(record.summary, report, latency, warnings))
    return {**report, "latency": latency, "warnings": list(dict.fromkeys(warnings))}


def _measured(
    record: RunRecord,
    store: Store,
    path: Path,
    control: RunControl,
    say: Callable[[Event], None],
    warn: Callable[[str], None],
    edge: Any,
    check: Any,
) -> dict[str, Any] | None:
    """The figures of the file beside the run's teacher; what keeps them away becomes a warning."""
    try:
        found = check(record.config, store.home)
    except DistillError as error:
        warn(f"The exported file could not be measured: {error}")
        return None
    workbench = Workbench(record.config, found, store.home, control, edge, say, warn, latency=None)
    workbench.measure_file(path)
    return workbench.latency
