from __future__ import annotations

from dataclasses import replace

import pytest

from distill_core.studies.outcome import RunRow, measures_of, pareto, variant_rows


def row(variant: str, seed: int, accuracy: float, baseline: float | None = 0.7, parameters: int = 10) -> RunRow:
    return RunRow(variant, seed, accuracy, accuracy, baseline, 0.9, parameters, None, None, 100.0, f"{variant}-{seed}")


def test_differences_are_paired_by_seed() -> None:
    rows = [row("a", 0, 0.80), row("a", 1, 0.70), row("b", 0, 0.82), row("b", 1, 0.72)]
    a, b = variant_rows(rows, ["a", "b"])
    assert a.difference is None
    assert b.difference is not None
    assert b.difference.mean == pytest.approx(0.02)
    # The seeds differ by 10 points, the pairs not at all: only pairing can see the difference.
    assert b.difference.half_width == pytest.approx(0, abs=1e-9)
    assert b.difference.answer == "better"
    assert b.accuracy.half_width is not None
    assert b.accuracy.half_width > 0.5


def test_the_interval_is_students_t() -> None:
    # Mean 0.8, sample deviation 0.01, t(0.975, 2) = 4.3027: half-width 4.3027 * 0.01 / sqrt(3).
    (only,) = variant_rows([row("a", seed, accuracy) for seed, accuracy in enumerate((0.79, 0.80, 0.81))], ["a"])
    assert only.accuracy.half_width == pytest.approx(4.302653 * 0.01 / 3**0.5, rel=1e-5)


def test_a_variant_without_finished_runs_is_left_out_and_one_without_baseline_has_no_gain() -> None:
    (found,) = variant_rows([row("b", 0, 0.8, baseline=None)], ["a", "b"])
    assert found.variant == "b"
    assert found.gain is None
    assert found.difference is None


def test_pareto_keeps_what_nothing_beats_at_the_same_cost_or_less() -> None:
    rows = variant_rows(
        [row("small", 0, 0.7, parameters=1), row("bad", 0, 0.6, parameters=2), row("large", 0, 0.9, parameters=3)],
        ["small", "bad", "large"],
    )
    assert [each.variant for each in pareto(rows, "parameters")] == ["small", "large"]
    assert pareto(rows, "cpu_ms") == []


def test_a_row_by_another_measure_compares_that_measure_and_validates_by_accuracy() -> None:
    summary = {
        "student": {"accuracy": 0.8, "validation_accuracy": 0.7, "parameters": 9, "metrics": {"reasoning": 0.9}},
        "baseline": {"accuracy": 0.2, "metrics": {"reasoning": 0.1}},
        "teacher": {"accuracy": 0.9, "metrics": {"reasoning": 1.0}},
        "images_per_second": 5.0,
        "run_id": "r",
        "kl": 0.25,
        "token_agreement": 0.75,
    }
    found = RunRow.of("a", 0, summary)
    assert (found.kl, found.token_agreement) == (0.25, 0.75)
    assert found.by("accuracy") == found
    by = found.by("reasoning")
    assert (by.accuracy, by.baseline, by.teacher, by.validation) == (0.9, 0.1, 1.0, 0.7)
    assert RunRow(**found.to_dict()) == found


def test_only_shares_that_all_runs_have_can_be_compared() -> None:
    one = RunRow.of("a", 0, {"student": {"accuracy": 0.8, "parameters": 9}, "images_per_second": 5.0, "run_id": "r"})
    both = replace(one, metrics={"reasoning": 0.9, "perplexity": 3.0})
    assert [measure.name for measure in measures_of([both, both])] == ["accuracy", "reasoning"]
    assert [measure.name for measure in measures_of([both, one])] == ["accuracy"]
    assert [measure.name for measure in measures_of([])] == ["accuracy"]
