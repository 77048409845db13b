"""Runs what is missing of a study, one run after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from distill_core.errors import ConfigError, DistillError
from distill_core.insight.foresight import refusals
from distill_core.runs.records import RunRecord
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import Job, StudyPlan
from distill_core.studies.standing import served_by, standing

if TYPE_CHECKING:
    from distill_core.runs.store import Store

Work = Callable[[Job, RunRecord | None], RunRecord]
Say = Callable[[str], None]


class FailedBefore(DistillError):
    """A run of the study failed at an earlier attempt, and would fail again."""

    def __init__(self, job: Job, record: RunRecord) -> None:
        self.record = record
        super().__init__(
            f"{job.label}: the run {record.id} failed: {record.error or 'it left no message.'} "
            "Mend that, then repeat the study with --retry-failed."
        )


def complete(store: Store, plan: StudyPlan, work: Work, say: Say, retry_failed: bool = False) -> list[RunRow]:
    """Runs the study's runs that are not finished, and returns a row for each.

    What was run before is not run again, a run that was stopped goes on from its checkpoint, and runs that share a
    baseline train it once: so a study that was ended goes on where it stood.

    Args:
        store: where runs are kept.
        plan: of the study.
        work: does a run to its end; it gets the stored run to go on with, or None for a new one.
        say: told which run comes.
        retry_failed: take up runs that failed before; otherwise the study ends at one.

    Raises:
        ConfigError: if a variant would fail at its start, before any is run.
        FailedBefore: for a run that failed at an earlier attempt.
        DistillError: what `work` raises; finished runs are kept.
    """
    jobs = list(plan.jobs())
    check_variants(jobs)
    for number, job in enumerate(jobs, start=1):
        record = served_by(store.list(role="run"), job.config)
        if record is not None and record.status == "finished":
            say(f"{number} of {len(jobs)}: {job.label}: run before as {record.id}")
            continue
        if record is not None and record.live:
            raise DistillError(
                f"{job.label}: the run {record.id} is {record.status} in another process. "
                "Wait until it has ended, then repeat the study."
            )
        if record is not None and record.status == "failed" and not retry_failed:
            raise FailedBefore(job, record)
        say(f"{number} of {len(jobs)}: {job.label}")
        resumable = record is not None and record.resumable and record.has_checkpoint
        work(job, record if resumable else None)
    return standing(store.list(role="run"), jobs).rows


def check_variants(jobs: Sequence[Job]) -> None:
    """Looks at each variant once, so that a wrong name in the last one is not found hours later.

    Raises:
        ConfigError: with a sentence for all that would end a run at its start, and the variant it is of.
    """
    firsts = {job.variant: job for job in reversed(jobs)}
    wrong = [f"{name}: {sentence}" for name, job in reversed(firsts.items()) for sentence in refusals(job.config)]
    if wrong:
        raise ConfigError("\n".join(wrong))
