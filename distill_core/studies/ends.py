"""Which of the runs that ended are to be told one by one, and which studies ended with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from distill_core.insight.ends import ended
from distill_core.runs.records import RunRecord
from distill_core.studies.plan import StudyPlan
from distill_core.studies.standing import Standing, standing


@dataclass(frozen=True)
class End:
    """What ended: its name, how in a sentence, in which state, and which run it is; None of a study."""

    name: str
    sentence: str
    status: str
    run: str | None = None


def ends(over: Sequence[RunRecord], plans: Iterable[StudyPlan], known: Sequence[RunRecord]) -> list[End]:
    """What is to be told of runs that are over.

    A study is told of once, when none of its runs waits or works any more; of its runs only those that failed before.

    Args:
        over: the runs that are over and were not told of yet, in the order in which they ended.
        plans: the user's own studies.
        known: all stored runs, newest first.
    """
    silent: set[str] = set()
    told: list[End] = []
    for plan in plans:
        now = standing(known, list(plan.jobs()))
        own = {record.id for job, record in now.jobs if record is not None and record.config.name == job.config.name}
        ours = [record for record in over if record.id in own]
        if not ours or len(now.jobs) < 2:
            continue
        going_on = now.live or _more_to_come(now)
        silent |= {record.id for record in ours if record.status != "failed" or not going_on}
        if not going_on:
            told.append(_of_study(plan, now))
    alone = [
        End(each.name or each.id, ended(each.status, each.summary, each.error, each.config), each.status, each.id)
        for each in over
        if each.id not in silent
    ]
    return alone + told


def _more_to_come(now: Standing) -> bool:
    """A terminal begins a study's runs one after another: while all that were begun finished, the next one follows."""
    begun = [record for _, record in now.jobs if record is not None]
    return len(begun) < len(now.jobs) and all(record.status == "finished" for record in begun)


def _of_study(plan: StudyPlan, now: Standing) -> End:
    total, finished, failed = len(now.jobs), now.counts["finished"], now.counts["failed"]
    name = plan.title or plan.name
    if finished == total:
        return End(name, f"is finished: all {total} runs of the study.", "finished")
    status = "failed" if failed else "stopped"
    return End(name, f"has ended: {finished} of the study's {total} runs are finished, {failed} failed.", status)
