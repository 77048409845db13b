"""How far a study is: which stored run counts for each of its runs, whoever started it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from distill_core.config import DistillConfig
from distill_core.runs.records import RunRecord
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import Job


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
    return Standing(tuple((job, served_by(known, job.config)) for job in jobs))


def served_by(known: Sequence[RunRecord], config: DistillConfig) -> RunRecord | None:
    """The stored run that counts for a configuration: a finished one if there is any, else the latest.

    Args:
        known: the stored runs, newest first.
        config: of the run that is wanted.
    """
    fingerprint = config.fingerprint()
    same = [
        record
        for record in known
        if record.fingerprint == fingerprint and (record.config.baseline or not config.baseline)
    ]
    finished = [record for record in same if record.status == "finished" and _this_torch(record)]
    open_ones = [record for record in same if record.status != "finished"]
    return next(iter([*finished, *open_ones]), None)


def _this_torch(record: RunRecord) -> bool:
    """Whether a finished run was made with this torch; others differ in their numbers."""
    torch = str(((record.summary or {}).get("versions") or {}).get("torch") or "").partition("+")[0]
    return torch == version("torch").partition("+")[0]
