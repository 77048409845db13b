"""The same configuration for several seeds: what distilling gains, and how sure that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.insight.seeds import MeanGain, mean_gain
from distill_core.insight.words import percent, points
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import StudyPlan, Variant
from distill_core.terminal.variants import run

if TYPE_CHECKING:
    from distill_core.runs.store import Store

HEADINGS = ("seed", "labels only", "distilled", "teacher", "gain")


@dataclass(frozen=True)
class SeedResult:
    """One seed's accuracies on the test split, 0..1."""

    seed: int
    run_id: str
    baseline: float
    student: float
    teacher: float

    @property
    def gain(self) -> float:
        """Distilled minus labels only."""
        return self.student - self.baseline


@dataclass(frozen=True)
class Study:
    """All seeds of a configuration."""

    results: Sequence[SeedResult]

    @property
    def gain(self) -> MeanGain:
        """Over the seeds."""
        return mean_gain([result.gain for result in self.results])

    def rows(self) -> list[tuple[str, ...]]:
        """A row of text for each seed."""
        return [
            (str(r.seed), percent(r.baseline), percent(r.student), percent(r.teacher), points(r.gain))
            for r in self.results
        ]

    def markdown(self) -> str:
        """The table and the sentence, for a README."""
        lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---:|" * len(HEADINGS)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows()]
        return "\n".join([*lines, "", self.gain.sentence])

    def to_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        gain = self.gain
        return {
            "status": "finished",
            "seeds": [{**dataclasses.asdict(result), "gain": result.gain} for result in self.results],
            "mean_gain": gain.mean,
            "half_width": gain.half_width,
            "level": gain.level,
            "better": gain.answer == "better",
            "answer": gain.answer,
            "sentence": gain.sentence,
        }


def read_seeds(text: str) -> list[int]:
    """``0,1,2`` -> three seeds.

    Raises:
        ConfigError: if they are no whole numbers, or one comes twice.
    """
    try:
        seeds = [int(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--seeds takes whole numbers such as 0,1,2; got {text!r}") from None
    if len(set(seeds)) != len(seeds):
        raise ConfigError(f"--seeds: each seed counts once; got {text!r}")
    return seeds


def study(
    store: Store, config: DistillConfig, seeds: Sequence[int], console: Console, retry_failed: bool = False
) -> Study:
    """Runs a configuration once for each seed, one after another; what was run before is not run again.

    Args:
        store: where runs are kept.
        config: of every run, but for its seed.
        seeds: one run and one baseline for each.
        console: where the progress goes.
        retry_failed: take up runs that failed; otherwise the study ends at one, for it would fail again.

    Raises:
        ConfigError: if the configuration has no teacher, for then there is nothing to compare.
        Ending: if a run failed or was stopped; the finished ones are kept.
    """
    if config.teacher is None:
        raise ConfigError("A study compares a student with its baseline, so it needs a teacher: --set teacher=NAME")
    base = config.changed({"baseline": True})
    plan = StudyPlan(name="seeds", base=base, variants=(Variant(name="as it is"),), seeds=tuple(seeds))
    return Study([_result(row) for row in run(store, plan, console, retry_failed)])


def _result(row: RunRow) -> SeedResult:
    for who, accuracy in (("baseline", row.baseline), ("teacher", row.teacher)):
        if accuracy is None:
            raise DistillError(f"The run {row.run_id} has no accuracy of its {who}, so its seed cannot be compared.")
    assert row.baseline is not None
    assert row.teacher is not None
    return SeedResult(row.seed, row.run_id, row.baseline, row.accuracy, row.teacher)
