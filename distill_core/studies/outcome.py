"""What a study's runs say: one row a run, and for each variant its mean, interval and paired differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from operator import sub
from statistics import fmean
from typing import Any

from distill_core.insight.front import unbeaten
from distill_core.insight.measures import ACCURACY, Measure, measures_among
from distill_core.insight.seeds import MeanGain, mean_gain
from distill_core.insight.words import difference


@dataclass(frozen=True)
class RunRow:
    """One finished run of a study; accuracies are shares of 1, on the test split unless named otherwise.

    Attributes:
        variant, seed: which run of the study.
        accuracy, validation: the student's.
        baseline, teacher: on the same test split.
        parameters, bytes, cpu_ms: of the student as deployed; `bytes` of its ONNX file.
        images_per_second: of training.
        run_id: the stored run.
        threads: torch's while it trained; None if nothing says so.
        metrics, baseline_metrics, teacher_metrics: what a problem measures beside accuracy, by name.
        kl: of the teacher's answers from the student's on the test split, in nats; of texts for each token.
        token_agreement: share of the tokens of texts on which the student's first choice is the teacher's.
    """

    variant: str
    seed: int
    accuracy: float
    validation: float | None
    baseline: float | None
    teacher: float | None
    parameters: int
    bytes: int | None
    cpu_ms: float | None
    images_per_second: float
    run_id: str
    threads: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    baseline_metrics: dict[str, float] = field(default_factory=dict)
    teacher_metrics: dict[str, float] = field(default_factory=dict)
    kl: float | None = None
    token_agreement: float | None = None

    @classmethod
    def of(cls, variant: str, seed: int, summary: dict[str, Any]) -> RunRow:
        """The row of a finished run's summary."""
        student, onnx = summary["student"], summary.get("onnx") or {}
        baseline, teacher = summary.get("baseline") or {}, summary.get("teacher") or {}
        return cls(
            variant=variant,
            seed=seed,
            accuracy=student["accuracy"],
            validation=student.get("validation_accuracy"),
            baseline=baseline.get("accuracy"),
            teacher=teacher.get("accuracy"),
            parameters=student["parameters"],
            bytes=onnx.get("bytes"),
            cpu_ms=onnx.get("cpu_ms"),
            images_per_second=summary["images_per_second"],
            run_id=summary["run_id"],
            threads=summary.get("threads"),
            metrics=student.get("metrics") or {},
            baseline_metrics=baseline.get("metrics") or {},
            teacher_metrics=teacher.get("metrics") or {},
            kl=summary.get("kl"),
            token_agreement=summary.get("token_agreement"),
        )

    def by(self, measure: str) -> RunRow:
        """The row with another share of right answers in the place of accuracy, such as ``reasoning``.

        Validation stays what it was: it chooses by accuracy. A run without this figure raises a KeyError.
        """
        if measure == ACCURACY:
            return self
        baseline, teacher = self.baseline_metrics.get(measure), self.teacher_metrics.get(measure)
        return replace(self, accuracy=self.metrics[measure], baseline=baseline, teacher=teacher)

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `RunRow(**data)` gives the row back."""
        return asdict(self)


@dataclass(frozen=True)
class VariantRow:
    """What a variant's seeds say together.

    Attributes:
        accuracy: of the student, with its interval.
        gain: over the baseline of the same seed; None without one.
        difference: from the study's first variant at the same seed; None for that variant itself.
        validation: the mean, by which a variant may be chosen.
        points: each seed's accuracy, for the chart.
    """

    variant: str
    seeds: int
    accuracy: MeanGain
    gain: MeanGain | None
    difference: MeanGain | None
    validation: float | None
    parameters: int
    bytes: int | None
    cpu_ms: float | None
    images_per_second: float
    points: tuple[float, ...]


def measures_of(rows: Sequence[RunRow]) -> list[Measure]:
    """The shares of right answers by which all of these runs can be compared, accuracy first."""
    common = set.intersection(*(set(row.metrics) for row in rows)) if rows else set()
    return [measure for measure in measures_among(common) if measure.is_share]


def variant_rows(rows: Iterable[RunRow], order: Sequence[str]) -> list[VariantRow]:
    """One row a variant that has finished runs, in the study's order.

    Args:
        rows: of finished runs.
        order: the variants' names; the first is the one others are compared with.
    """
    by_variant: dict[str, dict[int, RunRow]] = {name: {} for name in order}
    for row in rows:
        by_variant[row.variant][row.seed] = row
    reference = by_variant[order[0]]
    return [
        _together(name, found, reference, is_reference=name == order[0]) for name, found in by_variant.items() if found
    ]


def _together(name: str, found: dict[int, RunRow], reference: dict[int, RunRow], is_reference: bool) -> VariantRow:
    rows = [found[seed] for seed in sorted(found)]
    apart = _as_shown if len(rows) == 1 else sub
    gains = [apart(row.accuracy, row.baseline) for row in rows if row.baseline is not None]
    paired = [apart(row.accuracy, reference[row.seed].accuracy) for row in rows if row.seed in reference]
    validations = [row.validation for row in rows if row.validation is not None]
    times = [row.cpu_ms for row in rows if row.cpu_ms is not None]
    return VariantRow(
        variant=name,
        seeds=len(rows),
        accuracy=mean_gain([row.accuracy for row in rows]),
        gain=mean_gain(gains) if gains else None,
        difference=mean_gain(paired) if paired and not is_reference else None,
        validation=fmean(validations) if validations else None,
        parameters=rows[0].parameters,
        bytes=rows[0].bytes,
        cpu_ms=min(times) if times else None,
        images_per_second=fmean(row.images_per_second for row in rows),
        points=tuple(row.accuracy for row in rows),
    )


def _as_shown(one: float, other: float) -> float:
    """A single run's difference, as its own page tells it."""
    return difference(one, other) or 0.0


def pareto(rows: Sequence[VariantRow], cost: str) -> list[VariantRow]:
    """The variants that no other beats in accuracy at the same or a lower cost, cheapest first.

    Args:
        rows: of one study.
        cost: "parameters", "bytes" or "cpu_ms"; variants without it are left out.
    """
    known = [row for row in rows if getattr(row, cost) is not None]
    return [known[at] for at in unbeaten([(getattr(row, cost), row.accuracy.mean) for row in known])]
