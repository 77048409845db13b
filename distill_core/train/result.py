"""What a training ends with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ModelScore:
    """A model's figures; `accuracy` and `loss` are on the test split, of the weights that validation chose.

    `last_accuracy` is the validation accuracy after the last epoch; epochs count from 1. `metrics` is what the problem
    measures beside accuracy, by name, and `counts` over how many answers each of them is, where that is told;
    `by_class` is the share of right answers of each class (see `task.Score`). A student's `learned_from` counts the
    positions that its losses were taken over, a repeated one again: of texts the tokens of answers.
    """

    name: str
    parameters: int
    accuracy: float
    loss: float
    validation_accuracy: float | None = None
    best_epoch: int | None = None
    last_accuracy: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    by_class: list[float | None] = field(default_factory=list)
    learned_from: int | None = None


@dataclass(frozen=True)
class RunResult:
    """The end of a run; `seconds` are spent in training steps alone.

    `agreement` is the share of test inputs on which student and teacher answer the same. `guessing` is the accuracy of
    always giving the commonest answer; None where answers are whole texts. Of texts, `kl` and `token_agreement` say how
    near the student comes to the teacher token by token (`scoring.Closeness`) on inputs of the kinds it was trained on,
    as `agreement` does, and the same with `_beyond` on those of other kinds, where there are any. `answers_kept` is an
    `AnswersKept` as plain data where not all of an answer was kept, over all answers the run used. `beginning` is
    an `events.Beginning` as plain data, of a student that began with another model's layers; `untrained` is its
    score before the first step, where these are its teacher's. `writing_seconds` is what the teacher took to write the
    answers that the data lacked, or to look up those of earlier runs. A stopped run has no scores.
    """

    status: Literal["finished", "stopped"]
    student: ModelScore | None
    teacher: ModelScore | None
    agreement: float | None
    guessing: float | None
    kl: float | None
    token_agreement: float | None
    kl_beyond: float | None
    token_agreement_beyond: float | None
    test_inputs: int
    labels: int
    steps: int
    seconds: float
    images_per_second: float
    cache_hit_rate: float | None
    answers_kept: dict[str, Any] | None
    teacher_forwards: int
    fingerprint: str
    data_sha256: str
    threads: int
    memory_format: str
    versions: dict[str, str]
    beginning: dict[str, Any] | None = None
    untrained: ModelScore | None = None
    writing_seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dataclasses.asdict(self)
