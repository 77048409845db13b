"""How long runs may take, before they begin: going by runs like them, or by how fast their models learned here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from distill_core.config import DistillConfig
from distill_core.insight.words import about
from distill_core.runs.records import RunRecord
from distill_core.studies.evidence import inputs_of
from distill_core.studies.plan import Job


@dataclass(frozen=True)
class Forecast:
    """How long runs may take; `whole` says whether all they do is counted, not the steps of training alone."""

    seconds: float
    whole: bool

    @property
    def sentence(self) -> str:
        """For example ``about 40 s, going by the quickest such runs here``."""
        if self.whole:
            return f"{about(self.seconds)}, going by the quickest such runs here"
        return f"{about(self.seconds)} of training, going by runs of the same models here; export and measuring follow"


def forecast(known: Sequence[RunRecord], jobs: Sequence[Job]) -> Forecast | None:
    """How long the runs may take; None if nothing is known here of one of them.

    Runs that are alike in models, data, methods and length tell it whole. Else it is told from how many inputs a second
    a student took in when it learned in the same way. Of several the quickest counts, for it was disturbed least.

    Args:
        known: the stored runs.
        jobs: of the study, or of the one run.
    """
    finished = [record for record in known if record.status == "finished"]
    took = _quickest((_kind(record.config), _took(record)) for record in finished)
    kinds = [_kind(job.config) for job in jobs]
    if jobs and all(kind in took for kind in kinds):
        return Forecast(sum(took[kind] for kind in kinds), whole=True)
    paces = _quickest((_way(record.config), _seconds_an_input(record)) for record in finished)
    made = {baseline for record in finished if (baseline := _baseline_of(record.config))}
    seconds = 0.0
    for job in jobs:
        pace, inputs, baseline = paces.get(_way(job.config)), inputs_of(job.config), _baseline_of(job.config)
        if pace is None or inputs is None:
            return None
        trainings = 1 if baseline is None or baseline in made else 2
        made |= {baseline} if baseline else set()
        seconds += trainings * job.config.training.epochs * inputs * pace
    return Forecast(seconds, whole=False) if jobs else None


def _quickest(timed: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for what, seconds in timed:
        if seconds is not None:
            found[what] = min(seconds, found.get(what, seconds))
    return found


def _took(record: RunRecord) -> float | None:
    """From its start to its end, its baseline's training in between."""
    return record.ended - record.started if record.started is not None and record.ended is not None else None


def _seconds_an_input(record: RunRecord) -> float | None:
    speed = (record.summary or {}).get("images_per_second")
    return 1 / speed if speed else None


def _kind(config: DistillConfig) -> str:
    return repr((_way(config), config.training.epochs, config.baseline))


def _way(config: DistillConfig) -> str:
    """All that the time of a step depends on most."""
    methods = sorted({term.loss for term in config.terms if term.weight != 0})
    return repr((config.dataset, config.image_size, config.student, config.teacher, methods, config.training.on_policy))


def _baseline_of(config: DistillConfig) -> str | None:
    """Which training on labels alone it asks for."""
    return config.baseline_config().fingerprint() if config.baseline and config.teacher is not None else None
