"""What a study's results say in words and as frames."""

from __future__ import annotations

import math

from distill_core.config import DistillConfig
from distill_core.insight.seeds import MeanGain
from distill_core.studies.outcome import RunRow, variant_rows
from distill_core.studies.plan import StudyPlan, Variant, grid
from distill_core.studies.reading import (
    chosen,
    costs_differ,
    grid_frame,
    headline,
    how_to_read,
    results_frame,
    teacher_accuracy,
    variants_frame,
)
from distill_core.studies.words import gained, share


def plan(variants: tuple[Variant, ...], seeds: tuple[int, ...] = (0, 1)) -> StudyPlan:
    return StudyPlan(name="s", base=DistillConfig(), variants=variants, seeds=seeds)


THREE = (Variant(name="a"), Variant(name="b"), Variant(name="c"))


def row(variant: str, seed: int, accuracy: float, validation: float = 0.8, size: int = 10) -> RunRow:
    return RunRow(variant, seed, accuracy, validation, 0.7, 0.9, size, None, None, 100.0, f"{variant}-{seed}")


def rows() -> list[RunRow]:
    return [
        row("a", 0, 0.80),
        row("a", 1, 0.802),
        row("b", 0, 0.85, 0.9, 20),
        row("b", 1, 0.852, 0.9, 20),
        row("c", 0, 0.70),
        row("c", 1, 0.702),
    ]


def test_validation_chooses_and_the_test_reports() -> None:
    found = variant_rows([row("a", 0, 0.9, 0.5), row("b", 0, 0.8, 0.6)], ["a", "b"])
    best = chosen(found)
    assert best is not None
    assert best.variant == "b"


def test_the_headline_says_what_was_chosen_and_counts_the_others() -> None:
    found = variant_rows(rows(), ["a", "b", "c"])
    assert headline(plan(THREE), found) == (
        "Validation chooses b: 85.1% ± 1.3 on the test images, +5.0 ± 0.0 points against a (better). "
        "Of the 2 variants beside the reference, 1 is shown to be better and 1 worse."
    )


def test_before_the_last_run_the_headline_says_so_far() -> None:
    found = variant_rows(rows()[:5], ["a", "b", "c"])
    assert headline(plan(THREE), found).startswith("So far validation chooses b")
    assert headline(plan(THREE), []) == "No run has finished yet."


def test_a_difference_has_no_minus_zero_and_a_second_digit_where_one_hides_the_answer() -> None:
    assert gained(None) == "–"
    assert gained(MeanGain(-0.0004, 0.014, 3)) == "+0.0 ± 1.4"
    assert gained(MeanGain(0.0083, 0.0079, 3)) == "+0.83 ± 0.79"
    assert gained(MeanGain(-0.012, None, 1)) == "−1.2"
    assert share(MeanGain(0.851, None, 1)) == "85.1%"


def test_many_comparisons_carry_a_warning() -> None:
    found = variant_rows(rows(), ["a", "b", "c"])
    assert "by chance" not in how_to_read(plan(THREE), found)
    names = [f"v{number}" for number in range(8)]
    many = variant_rows([row(name, seed, 0.8) for name in names for seed in (0, 1)], names)
    assert "by chance alone; here there are 7" in how_to_read(plan(tuple(Variant(name=name) for name in names)), many)


def test_the_frame_marks_front_and_reference_and_holds_the_baselines_mean() -> None:
    frame = variants_frame(plan(THREE), rows(), variant_rows(rows(), ["a", "b", "c"]))
    assert frame["front"].tolist() == [True, True, False]
    assert frame["reference"].tolist() == [True, False, False]
    assert frame["baseline"].tolist() == [0.7, 0.7, 0.7]
    assert frame["bytes"].isna().all()


def test_a_grid_is_found_by_its_settings_and_anything_else_is_none() -> None:
    variants = (Variant(name="as it is"), *grid({"temperature": [1], "objective.alpha": [0.5, 0.9]}))
    frame = grid_frame(plan(variants), [])
    assert frame is not None
    assert frame["temperature"].tolist() == [4.0, 1.0, 1.0]
    assert frame["alpha"].tolist() == [0.9, 0.5, 0.9]
    assert math.isnan(frame["mean"][0])
    assert grid_frame(plan(grid({"temperature": [1, 4]})), []) is None
    assert grid_frame(plan(grid({"temperature": [1, 4], "epochs": [1, 2]})), []) is None


def test_teachers_that_differ_are_no_line_and_sizes_that_do_not_are_no_chart() -> None:
    assert teacher_accuracy(rows()) == 0.9
    assert teacher_accuracy([]) is None
    found = variant_rows(rows(), ["a", "b", "c"])
    assert costs_differ(found)
    assert not costs_differ(found[::2])


def test_the_table_for_a_file_has_shares_and_half_widths() -> None:
    frame = results_frame(variant_rows(rows(), ["a", "b", "c"]))
    assert frame["difference"].round(3).tolist()[1:] == [0.05, -0.1]
    assert frame["answer"].tolist()[1:] == ["better", "worse"]
    assert "accuracy_half_width" in frame
