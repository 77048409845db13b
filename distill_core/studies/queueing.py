"""A study in the process-wide queue: putting its missing runs in, and stopping them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from distill_core.studies.plan import Job
from distill_core.studies.standing import standing

if TYPE_CHECKING:
    from distill_core.runs.manager import Manager


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
