"""What a run says while it lives.

The engine calls one function with these, in order; a page, a run store and a progress bar are all readers of the
same stream. Events are frozen, go to JSON and back, and hold plain numbers only, never tensors. Times are seconds,
accuracies and rates lie in 0..1.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

LABELS_WRITTEN = "The model that the student is cut from writes the answers that the data lacks"
"""What is prepared before any run of a data set without answers."""


@dataclass(frozen=True)
class Event:
    """The base of everything a run says."""

    @property
    def kind(self) -> str:
        """The event's name in stores and JSON: its class name."""
        return type(self).__name__

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the kind in it; `from_dict` gives the event back."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model before it learns anything; `macs` are multiply-accumulates for one input."""

    name: str
    parameters: int
    macs: int | None = None
    bytes_fp32: int | None = None


@dataclass(frozen=True)
class PhaseSpan:
    """Steps ``[start, stop)`` of the training and the kind of pool the phase draws from."""

    name: str
    start: int
    stop: int
    pool: str


@dataclass(frozen=True)
class TermFacts:
    """One term of the loss: how many parameters train for it alone, and its layer map.

    `pairs` are (student layer, teacher layer, reason), shallow to deep; empty where only answers are compared.
    """

    name: str
    parameters: int = 0
    pairs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Beginning:
    """The layers a student begins with.

    `blocks` are those of `model` it took, one for each of its own, counted from 1; `influence` is that of every block
    of the model in order: how much it changes the tokens, from 0 (not at all) to 2. `weights_sha256` is the model's.
    """

    model: str
    blocks: tuple[int, ...]
    influence: tuple[float, ...]
    weights_sha256: str = ""


@dataclass(frozen=True)
class Started(Event):
    """The run is set up: everything a reader needs to draw axes and totals."""

    student: ModelFacts
    teacher: ModelFacts | None
    dataset: str
    classes: tuple[str, ...]
    images: int
    labels: int
    steps: int
    steps_per_epoch: int
    phases: tuple[PhaseSpan, ...]
    device: str
    precision: str
    threads: int
    memory_format: str
    step: int = 0
    terms: tuple[TermFacts, ...] = ()
    beginning: Beginning | None = None


@dataclass(frozen=True)
class Preparing(Event):
    """Work before or between steps, such as the teacher answering images: `done` of `total` `unit`."""

    what: str
    done: int
    total: int
    unit: str = "images"


@dataclass(frozen=True)
class AnswersKept(Event):
    """Of each answer of the teacher's the `kept` likeliest of `classes` classes are kept and the sum of the rest.

    `tail` is the probability that the rest holds on average, `largest_tail` at most, at the run's temperature. No
    gradient on the student's answer is further off than `error`, summed over the classes.
    """

    kept: int
    classes: int
    tail: float
    largest_tail: float
    error: float


@dataclass(frozen=True)
class PhaseStarted(Event):
    """Phase number `index` begins before step `step`; its pool has `pool_size` images."""

    name: str
    index: int
    step: int
    pool_size: int


@dataclass(frozen=True)
class StepLogged(Event):
    """Means over the steps since the last one logged: each term of the loss raw and weighted, and their sum.

    `gradients` are the norms of each weighted term's own gradient on the student at this step: where asked for, at
    one point in five.
    """

    step: int
    phase: str
    terms: dict[str, float]
    weighted: dict[str, float]
    loss: float
    learning_rate: float
    images_per_second: float
    seconds: float
    seconds_left: float
    cache_hit_rate: float | None = None
    temperature: float | None = None
    gradients: dict[str, float] | None = None


@dataclass(frozen=True)
class Evaluated(Event):
    """A model scored on a split; `train_accuracy` is over the labelled images of the epoch just trained.

    `metrics` is what the problem measures beside accuracy, by name; `by_class` the share of right answers of each
    class, where there is one (see `task.Score`).
    """

    step: int
    epoch: int
    split: Literal["validation", "test"]
    who: Literal["student", "teacher"]
    accuracy: float
    loss: float
    train_accuracy: float | None = None
    best: bool = False
    metrics: dict[str, float] = field(default_factory=dict)
    by_class: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Watching(Event):
    """One image of the validation split that both models are asked about while the student learns.

    `pixels` is base64 of bytes in the given `shape` (height, width, 1 or 3 channels), `label` its class. The layers are
    those whose maps `Looked` has.
    """

    pixels: str
    shape: tuple[int, ...]
    label: int
    student_layer: str
    teacher_layer: str


@dataclass(frozen=True)
class Looked(Event):
    """Where a model is active on the image of `Watching`, and what it answers.

    `attention` is base64 of bytes in the given `shape` (height, width), 255 where the layer is most active; `answer`
    holds the probability of each class, and nothing where there are many. A teacher's is the same at every step.
    """

    step: int
    epoch: int
    who: Literal["student", "teacher"]
    attention: str
    shape: tuple[int, ...]
    answer: tuple[float, ...] = ()


@dataclass(frozen=True)
class Checkpointed(Event):
    """Everything needed to go on from `step` is on disk."""

    step: int
    path: str


@dataclass(frozen=True)
class Paused(Event):
    """The run waits between two batches."""

    step: int


@dataclass(frozen=True)
class Resumed(Event):
    """The run goes on, after a pause or from a checkpoint."""

    step: int


@dataclass(frozen=True)
class Measured(Event):
    """CPU latency, measured in a process of its own: `latency` maps "student" and "teacher" to their figures."""

    step: int
    latency: dict[str, Any]


@dataclass(frozen=True)
class Exported(Event):
    """The student's file for the edge: path, size in bytes and the largest difference from torch's answers."""

    path: str
    bytes: int
    parity_max_abs: float


@dataclass(frozen=True)
class Warned(Event):
    """Something the user should know; the run goes on."""

    message: str


@dataclass(frozen=True)
class Stopped(Event):
    """The user ended the run early; its checkpoint can be resumed."""

    step: int


@dataclass(frozen=True)
class Finished(Event):
    """The training is over and tested; `result` is the `RunResult` as plain data."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed(Event):
    """The run ended with an error: a sentence for the user, and the traceback for the curious."""

    message: str
    details: str = ""


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Started,
        Preparing,
        AnswersKept,
        PhaseStarted,
        StepLogged,
        Evaluated,
        Watching,
        Looked,
        Checkpointed,
        Paused,
        Resumed,
        Measured,
        Exported,
        Warned,
        Stopped,
        Finished,
        Failed,
    )
}


def from_dict(data: dict[str, Any]) -> Event:
    """The event that `to_dict` wrote.

    Raises:
        KeyError: for a kind this version does not know.
    """
    fields = dict(data)
    kind = KINDS[fields.pop("kind")]
    if kind is Started:
        fields["student"] = ModelFacts(**fields["student"])
        fields["teacher"] = ModelFacts(**fields["teacher"]) if fields["teacher"] else None
        fields["phases"] = tuple(PhaseSpan(**span) for span in fields["phases"])
        fields["classes"] = tuple(fields["classes"])
        fields["terms"] = tuple(
            TermFacts(term["name"], term["parameters"], tuple(tuple(pair) for pair in term["pairs"]))
            for term in fields.get("terms", ())
        )
        fields["beginning"] = beginning_of(fields.get("beginning"))
    if kind is Evaluated:
        fields["by_class"] = tuple(fields.get("by_class", ()))
    if kind in (Watching, Looked):
        fields |= {name: tuple(fields[name]) for name in ("shape", "answer") if name in fields}
    return kind(**fields)


def beginning_of(data: dict[str, Any] | None) -> Beginning | None:
    """A beginning from plain data, such as a summary's."""
    if data is None:
        return None
    return Beginning(**{**data, "blocks": tuple(data["blocks"]), "influence": tuple(data["influence"])})
