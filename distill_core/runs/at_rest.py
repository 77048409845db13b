"""What the cards tell of a finished run: enough to measure its models again, without loading data or building any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distill_core.cards import read_card
from distill_core.edge import jobs
from distill_core.edge.jobs import ShouldStop, never
from distill_core.edge.report import facts_of
from distill_core.errors import DistillError
from distill_core.events import Event
from distill_core.runs.alone import alone
from distill_core.runs.artefact import Workbench, file_of
from distill_core.runs.late_export import export_run
from distill_core.runs.preflight import Preflight, with_shape
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store
from distill_core.runs.summary import with_latency
from distill_core.task import DataFacts, task_named
from distill_core.train.control import RunControl


def at_rest(record: RunRecord) -> Preflight:
    """As `preflight.inspect`, but from the cards of a finished run's student and teacher.

    Raises:
        CheckpointError: if the student's card cannot be read.
    """
    card = read_card(record.folder / "best")
    facts = facts_of(card)
    named = (record.summary or {}).get("teacher") or {}
    architecture, parameters = _teacher(record, facts)
    return Preflight(
        facts=facts,
        images=0,
        student_architecture=card.architecture,
        student_parameters=card.parameters,
        teacher_architecture=architecture,
        teacher_parameters=named.get("parameters") or parameters,
    )


def _teacher(record: RunRecord, facts: DataFacts) -> tuple[str | None, int | None]:
    """The architecture to measure beside the file, and its parameters where a card tells them.

    None without a teacher, for one that is gone, and for torchvision's published ones: only loading these tells the
    size of their inputs. A file of weights or one's own code has no card and takes the data's inputs.
    """
    reference = record.config.teacher
    if reference is None:
        return None, None
    task = task_named(record.config.task)
    try:
        card = task.card_of(reference, facts)
    except DistillError:
        return None, None
    if card is not None:
        return with_shape(card, facts), card.parameters
    return (None if reference.startswith("torchvision/") else task.bare(reference)), None


class _Asking(RunControl):
    """A control that asks whether to stop."""

    def __init__(self, should_stop: ShouldStop) -> None:
        super().__init__()
        self._should_stop = should_stop

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._should_stop()


def make_file(
    record: RunRecord,
    store: Store,
    should_stop: ShouldStop = never,
    say: Callable[[Event], None] = lambda _event: None,
    *,
    edge: Any = jobs,
) -> dict[str, Any]:
    """Exports a finished run and measures its file, while nothing trains; see `late_export.export_run`.

    Raises:
        DistillError: if a run works now, or it cannot be exported.
    """
    with alone(store):
        return export_run(record, store, None, _Asking(should_stop), say, edge=edge, check=lambda *_: at_rest(record))


def measure_again(
    record: RunRecord,
    store: Store,
    should_stop: ShouldStop = never,
    say: Callable[[Event], None] = lambda _event: None,
    *,
    edge: Any = jobs,
) -> dict[str, Any]:
    """Measures a finished run's file beside its teacher once more and stores the figures in place of the old ones.

    Raises:
        DistillError: if a run works now, or the file cannot be measured; says why.
    """
    said: list[str] = []
    with alone(store):
        workbench = Workbench(
            record.config, at_rest(record), store.home, _Asking(should_stop), edge, say, said.append, latency=None
        )
        workbench.measure_file(file_of(record))
    if workbench.latency is None:
        raise DistillError(said[-1] if said else "The file could not be measured.")
    latest = store.get(record.id)
    store.set_summary(record.id, with_latency(latest.summary or {}, workbench.latency))
    return workbench.latency
