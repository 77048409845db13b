"""What a study's results say: in words, and as data frames for figures, table and file."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from distill_core.insight.seeds import Answer, MeanGain
from distill_core.studies.outcome import RunRow, VariantRow, pareto
from distill_core.studies.plan import StudyPlan
from distill_core.studies.words import gained, share
from distill_core.task import task_named

ANSWERS: dict[Answer, str] = {"better": "better", "worse": "worse", "unclear": "not shown to differ"}

MANY = 5
"""Comparisons from which on one that looks like a difference by chance has to be expected."""


def chosen(found: Sequence[VariantRow]) -> VariantRow | None:
    """The variant with the best validation accuracy, by which one may choose; None where there is no choice."""
    known = [row for row in found if row.validation is not None]
    return max(known, key=lambda row: row.validation or 0) if len(known) > 1 else None


def test_inputs(plan: StudyPlan) -> str:
    """What the study's accuracies are of: ``test images``."""
    return f"test {task_named(plan.base.task).scored(plan.base.dataset)}"


def headline(plan: StudyPlan, found: Sequence[VariantRow]) -> str:
    """What the study says, in a sentence or two."""
    if not found:
        return "No run has finished yet."
    best, reference, asked = chosen(found), plan.variants[0].name, test_inputs(plan)
    whole = len(found) == len(plan.variants) and all(row.seeds == len(plan.seeds) for row in found)
    chooses = "Validation chooses" if whole else "So far validation chooses"
    if best is None:
        return f"{found[0].variant}: {share(found[0].accuracy)} on the {asked}."
    if best.variant == reference:
        first = f"{chooses} the reference, {best.variant}: {share(best.accuracy)} on the {asked}."
    else:
        first = f"{chooses} {best.variant}: {share(best.accuracy)} on the {asked}"
        if best.difference is not None:
            answer = ANSWERS[best.difference.answer] if best.seeds > 1 else "one seed: it may be chance"
            first += f", {gained(best.difference)} points against {reference} ({answer})"
        first += "."
    return f"{first} {_others(found)}".strip()


def _others(found: Sequence[VariantRow]) -> str:
    answers = [row.difference.answer for row in found if row.difference is not None]
    if len(answers) < 2:
        return ""
    better, worse = answers.count("better"), answers.count("worse")
    if not better and not worse:
        return f"None of the {len(answers)} variants beside the reference is shown to differ from it."
    return (
        f"Of the {len(answers)} variants beside the reference, {better or 'none'} "
        f"{'is' if better < 2 else 'are'} shown to be better and {worse or 'none'} worse."
    )


def how_to_read(plan: StudyPlan, found: Sequence[VariantRow]) -> str:
    """How to read chart and table, in two plain sentences, and a warning where there are many comparisons."""
    asked = test_inputs(plan)
    if len(plan.seeds) < 2:
        return f"Each dot is one run's accuracy on the {asked}. One seed shows no difference: take three or more."
    sentences = [
        f"Small dots are single seeds, the large one their mean with its 95% t-interval, all on the {asked}.",
        "Gain and difference are paired by seed, in points; one whose interval includes 0 is not shown to differ.",
    ]
    compared = sum(row.difference is not None for row in found)
    if compared >= MANY:
        sentences.append(
            f"About one comparison in twenty looks like a difference by chance alone; here there are {compared}."
        )
    return " ".join(sentences)


def variants_frame(
    plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow], cost: str = "parameters"
) -> pd.DataFrame:
    """One row a variant, for the figures.

    Columns: variant, mean, half_width, baseline (the mean over its seeds), parameters, bytes, cpu_ms, front (whether no
    other is as accurate at this cost or less) and reference (whether it is the one others are compared with).
    """
    front = {row.variant for row in pareto(found, cost)}
    baselines: dict[str, list[float]] = {}
    for row in rows:
        if row.baseline is not None:
            baselines.setdefault(row.variant, []).append(row.baseline)
    table = [
        {
            "variant": row.variant,
            "mean": row.accuracy.mean,
            "half_width": row.accuracy.half_width,
            "baseline": fmean(baselines[row.variant]) if row.variant in baselines else None,
            "parameters": row.parameters,
            "bytes": row.bytes,
            "cpu_ms": row.cpu_ms,
            "front": row.variant in front,
            "reference": row.variant == plan.variants[0].name,
        }
        for row in found
    ]
    columns = ["variant", "mean", "half_width", "baseline", "parameters", "bytes", "cpu_ms", "front", "reference"]
    frame = pd.DataFrame(table, columns=columns)
    numbers = ["mean", "half_width", "baseline", "bytes", "cpu_ms"]
    return frame.astype(dict.fromkeys(numbers, float))


def seeds_frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    """One row a finished run, for the figures: variant, seed, accuracy."""
    return pd.DataFrame(
        [(row.variant, row.seed, row.accuracy) for row in rows], columns=["variant", "seed", "accuracy"]
    )


def teacher_accuracy(rows: Sequence[RunRow]) -> float | None:
    """The teacher's accuracy on the test split; None without one, or where variants had different ones."""
    known = {row.teacher for row in rows if row.teacher is not None}
    return known.pop() if len(known) == 1 else None


def costs_differ(found: Sequence[VariantRow]) -> bool:
    """Whether the variants differ in size at all."""
    return len({row.parameters for row in found}) > 1


def grid_frame(plan: StudyPlan, found: Sequence[VariantRow]) -> pd.DataFrame | None:
    """One row a variant of a temperature x alpha grid; None for a study that is none.

    Columns: variant, temperature, alpha, mean, half_width, chosen, reference; the numbers are not known (NaN) where
    nothing has finished.
    """
    settings = {leaf.rpartition(".")[2] for variant in plan.variants for leaf in variant.settings}
    if not settings <= {"temperature", "alpha"}:
        return None
    by_name, best = {row.variant: row for row in found}, chosen(found)
    table = []
    for variant in plan.variants:
        objective = plan.base.changed(variant.settings).objective
        row = by_name.get(variant.name)
        table.append(
            {
                "variant": variant.name,
                "temperature": objective.temperature,
                "alpha": objective.alpha,
                "mean": row.accuracy.mean if row else None,
                "half_width": row.accuracy.half_width if row else None,
                "chosen": row is not None and row is best,
                "reference": variant is plan.variants[0],
            }
        )
    frame = pd.DataFrame(table).astype({"mean": float, "half_width": float})
    is_grid = frame["temperature"].nunique() > 1 and frame["alpha"].nunique() > 1
    return frame if is_grid else None


def results_frame(found: Sequence[VariantRow]) -> pd.DataFrame:
    """The table for a file: accuracies and differences as shares of 1, each with the half-width of its 95% interval."""

    def parts(name: str, value: MeanGain | None) -> dict[str, float | None]:
        return {name: value.mean if value else None, f"{name}_half_width": value.half_width if value else None}

    return pd.DataFrame(
        [
            {
                "variant": row.variant,
                "seeds": row.seeds,
                **parts("accuracy", row.accuracy),
                **parts("gain", row.gain),
                **parts("difference", row.difference),
                "answer": ANSWERS[row.difference.answer] if row.difference else None,
                "validation": row.validation,
                "parameters": row.parameters,
                "bytes": row.bytes,
                "cpu_ms": row.cpu_ms,
                "images_per_second": row.images_per_second,
            }
            for row in found
        ]
    )
