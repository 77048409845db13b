"""A study in the process-wide queue: how far each of its runs is, and putting the missing ones in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distill_core.runs.records import RunRecord
from distill_core.studies.keeping import served_by
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import Job

if TYPE_CHECKING:
    from distill_core.runs.manager import Manager


@dataclass(frozen=True)
class Standing:
    """How far a study is.

    Attributes:
        jobs: its runs, each with the stored run that counts for it, or None.
    """

    jobs: tuple[tuple[Job, RunRecord | None], ...]

    @property
    def counts(self) -> Counter[str]:
        """How many runs are finished, queued, failed ...; "missing" are those that nobody started."""
        return Counter(record.status if record else "missing" for _, record in self.jobs)

    @property
    def rows(self) -> list[RunRow]:
        """A row for each finished run."""
        return [
            RunRow.of(job.variant, job.seed, record.summary or {})
            for job, record in self.jobs
            if record is not None and record.status == "finished"
        ]

    @property
    def live(self) -> bool:
        """Whether any of its runs waits or works."""
        return any(record is not None and record.live for _, record in self.jobs)

    @property
    def failed(self) -> list[tuple[Job, RunRecord]]:
        """The runs that failed."""
        return [(job, record) for job, record in self.jobs if record is not None and record.status == "failed"]

    @property
    def startable(self) -> int:
        """How many runs `queue_missing` would queue: neither finished, nor live, nor failed."""
        return sum(record is None or record.status in ("stopped", "interrupted") for _, record in self.jobs)

    @property
    def signature(self) -> tuple[tuple[str, str] | None, ...]:
        """Changes when anything of this does."""
        return tuple((record.id, record.status) if record else None for _, record in self.jobs)


def standing(known: Sequence[RunRecord], jobs: Sequence[Job]) -> Standing:
    """How far a study's runs are.

    Args:
        known: the stored runs, newest first.
        jobs: of the study.
    """
    by_fingerprint: dict[str, list[RunRecord]] = {}
    for record in known:
        by_fingerprint.setdefault(record.fingerprint, []).append(record)
    return Standing(
        tuple((job, served_by(by_fingerprint.get(job.config.fingerprint(), ()), job.config)) for job in jobs)
    )


def queue_missing(manager: Manager, jobs: Sequence[Job], retry_failed: bool = False) -> int:
    """Queues what is neither finished nor live, in the study's order; a stopped run goes on from its checkpoint.

    Args:
        manager: whose queue it is.
        jobs: of the study.
        retry_failed: also take up runs that failed.

    Returns:
        How many runs were queued.

    Raises:
        DistillError: if a run cannot be stored.
    """
    queued: set[str] = set()
    for job, record in standing(manager.store.list(role="run"), jobs).jobs:
        fingerprint = job.config.fingerprint()
        failed = record is not None and record.status == "failed"
        done = record is not None and (record.live or record.status == "finished")
        if fingerprint in queued or done or (failed and not retry_failed):
            continue
        if record is not None and record.resumable:
            manager.resume(record.id)
        else:
            manager.submit(job.config)
        queued.add(fingerprint)
    return len(queued)


def stop_all(manager: Manager, jobs: Sequence[Job]) -> None:
    """Stops the study's runs, those that wait before the one that works, so that none begins meanwhile.

    Raises:
        DistillError: if a run cannot be stopped.
    """
    live = [record for _, record in standing(manager.store.list(role="run"), jobs).jobs if record and record.live]
    for record in sorted(live, key=lambda each: each.status != "queued"):
        manager.stop(record.id)
