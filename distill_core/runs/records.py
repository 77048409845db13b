"""What the room hands out: frozen, so that no reader can change a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from distill_core.config import DistillConfig
from distill_core.events import Event
from distill_core.runs.status import LIVE, OVER, RESUMABLE, Status

Role = Literal["run", "baseline"]


@dataclass(frozen=True)
class RunRecord:
    """A run as the store knows it; times are seconds since 1970.

    Attributes:
        baseline_id: the stored run whose student learned from labels only, if this one has it.
        summary: the run's results as plain data (see `summary.summarise`), once it is finished.
        error: why it failed or was interrupted, in a sentence for the user.
        details: the traceback, for the curious.
        folder: where its checkpoint, weights and exported file are.
        owner: the process that works, or worked, on it (see `owner.Owner.token`).
        tags: words by which people find it again.
        note: what people wrote about it.
        deleted: when it was put aside, to be deleted later; None of a run that is not.
    """

    id: str
    name: str
    role: Role
    status: Status
    config: DistillConfig
    fingerprint: str
    baseline_id: str | None
    created: float
    started: float | None
    ended: float | None
    summary: dict[str, Any] | None
    error: str | None
    details: str | None
    folder: Path
    owner: str
    tags: tuple[str, ...] = ()
    note: str = ""
    deleted: float | None = None

    @property
    def short(self) -> str:
        """The end of its id, which tells runs of one name apart however little room there is."""
        return self.id.rpartition("-")[2]

    @property
    def live(self) -> bool:
        """Whether it waits or works."""
        return self.status in LIVE

    @property
    def over(self) -> bool:
        """Whether nothing works on it any more."""
        return self.status in OVER

    @property
    def resumable(self) -> bool:
        """Whether it can be taken up again: it ended early, and not because its own checkpoint cannot be read."""
        return self.status in RESUMABLE and "UnusableCheckpoint" not in (self.details or "")

    @property
    def has_checkpoint(self) -> bool:
        """Whether taking it up again goes on from a checkpoint rather than from the start."""
        return (self.folder / "checkpoint" / "state.safetensors").exists()


@dataclass(frozen=True)
class RunEvent:
    """An event and whose it is: number `seq` (from 1) of the run `run_id`, at `time` seconds since 1970."""

    run_id: str
    seq: int
    time: float
    event: Event


@dataclass(frozen=True)
class Pulse:
    """What changes most about a run: enough to see whether there is news."""

    status: Status
    last_seq: int
    baseline_id: str | None


@dataclass(frozen=True)
class Progress:
    """How far the whole job is: the baseline, if it is trained in this job, then the student.

    Attributes:
        doing: a short sentence for the present.
        whose: which training it is.
        phase: the phase's name, or "" outside a training.
        step: of `steps`, in this training.
        share: of the whole job, 0..1; 1 only when it is finished.
        seconds_left: for the whole job, or None while nothing is known.
        not_counted: what `seconds_left` leaves out and is still to come, in words; "" if nothing is.
        trained: whether the training is over, so that what is left cannot be paused.
    """

    doing: str = "Getting ready"
    whose: Literal["baseline", "student"] = "student"
    phase: str = ""
    step: int = 0
    steps: int = 0
    share: float = 0.0
    seconds_left: float | None = None
    not_counted: str = ""
    trained: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment.

    Attributes:
        last_seq: hand it back as `since` and the next snapshot has only what came after; its inside is nobody's matter.
        events: the news of the run and of its baseline, in order of time; `run_id` tells whose each is.
    """

    record: RunRecord
    last_seq: int
    progress: Progress
    events: tuple[RunEvent, ...] = field(default=())

    @property
    def run_id(self) -> str:
        """The run this is about."""
        return self.record.id

    @property
    def status(self) -> Status:
        """The run's state."""
        return self.record.status

    @property
    def baseline_id(self) -> str | None:
        """The run that is its baseline, once known."""
        return self.record.baseline_id

    @property
    def error(self) -> str | None:
        """Why it failed or was interrupted."""
        return self.record.error
