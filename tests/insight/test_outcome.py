from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core.insight.outcome import (
    difference_interval,
    gap_closed,
    gap_interval,
    ratio_interval,
    retention,
    wilson_interval,
)

share = st.floats(0, 1)
images = st.integers(1, 100_000)


def test_retention_is_the_student_over_the_teacher() -> None:
    assert retention(0.81, 0.9) == pytest.approx(0.9)


@pytest.mark.parametrize(("student", "teacher"), [(None, 0.9), (0.8, None), (0.8, 0.0)])
def test_retention_is_unknown_where_a_part_is_missing(student: float | None, teacher: float | None) -> None:
    assert retention(student, teacher) is None


def test_gap_closed_is_the_share_of_the_way_from_baseline_to_teacher() -> None:
    gap = gap_closed(0.8, 0.7, 0.9, 4000)
    assert gap.value == pytest.approx(0.5)
    assert "50%" in gap.why


def test_gap_closed_is_null_where_the_gap_may_be_chance() -> None:
    gap = gap_closed(0.905, 0.9, 0.91, 4000)
    assert gap.value is None
    assert "chance" in gap.why
    assert "4,000" in gap.why


def test_gap_closed_is_null_where_the_baseline_beats_the_teacher() -> None:
    gap = gap_closed(0.8, 0.9, 0.7, 4000)
    assert gap.value is None
    assert "better than the teacher" in gap.why


def test_a_student_behind_its_baseline_has_a_negative_gap_in_words() -> None:
    gap = gap_closed(0.6, 0.7, 0.9, 4000)
    assert gap.value == pytest.approx(-0.5)
    assert "fell behind" in gap.why


@pytest.mark.parametrize(("student", "baseline", "teacher"), [(None, 0.7, 0.9), (0.8, None, 0.9), (0.8, 0.7, None)])
def test_gap_closed_says_what_is_missing(student: float | None, baseline: float | None, teacher: float | None) -> None:
    gap = gap_closed(student, baseline, teacher, 4000)
    assert gap.value is None
    assert gap.why.startswith("There is no")


def test_the_interval_equals_newcombes_published_example() -> None:
    """56/70 against 48/80, method 10: 0.0524 to 0.3339 (Newcombe 1998)."""
    first, second = 56 / 70, 48 / 80
    low_1, high_1 = wilson_interval(first, 70)
    low_2, high_2 = wilson_interval(second, 80)
    low = first - second - math.hypot(first - low_1, high_2 - second)
    high = first - second + math.hypot(high_1 - first, second - low_2)
    assert (low, high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@given(share, images)
def test_a_wilson_interval_holds_the_proportion_and_stays_in_bounds(proportion: float, n: int) -> None:
    low, high = wilson_interval(proportion, n)
    assert 0 <= low <= proportion + 1e-12
    assert proportion - 1e-12 <= high <= 1


@given(share, share, images)
def test_the_interval_of_a_difference_turns_round_with_its_sign(first: float, second: float, n: int) -> None:
    low, high = difference_interval(first, second, n)
    assert low <= first - second <= high
    assert difference_interval(second, first, n) == (pytest.approx(-high), pytest.approx(-low))


def test_no_images_mean_no_knowledge() -> None:
    assert difference_interval(0.9, 0.1, 0) == (-1.0, 1.0)
    assert gap_closed(0.8, 0.7, 0.9, 0).value is None


@given(share, share, share, images)
def test_gap_closed_is_a_number_only_where_the_interval_leaves_out_zero(s: float, b: float, t: float, n: int) -> None:
    gap = gap_closed(s, b, t, n)
    assert gap.low is not None
    assert (gap.value is not None) == (gap.low > 0)


def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    truth, n = 0.9 / 0.96, 500
    draws = zip(random.binomial(n, 0.9, 2000) / n, random.binomial(n, 0.96, 2000) / n, strict=True)
    ends = [ratio_interval(float(one), float(other), n) for one, other in draws]
    held = np.mean([low <= truth <= high for low, high in ends])
    assert 0.935 <= held <= 0.965


def test_the_interval_of_the_gap_closed_holds_the_truth_at_least_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    student, baseline, teacher, n = 0.8, 0.2, 0.95, 500
    drawn = (random.binomial(n, share, 2000) / n for share in (student, baseline, teacher))
    ends = [gap_interval(float(s), float(b), float(t), n) for s, b, t in zip(*drawn, strict=True)]
    held = np.mean([low <= (student - baseline) / (teacher - baseline) <= high for low, high in ends])
    assert held >= 0.945


def test_a_ratio_to_what_is_hardly_known_or_nothing_has_no_interval() -> None:
    assert ratio_interval(0.5, 0.0, 500) is None
    assert ratio_interval(0.5, 0.9, 0) is None
    assert gap_interval(0.3, 0.2, 0.22, 100) is None, "teacher and baseline may be level"


def test_the_more_prompts_the_narrower_the_interval_of_a_ratio() -> None:
    (low, high), (few_low, few_high) = ratio_interval(0.9, 0.96, 100_000), ratio_interval(0.9, 0.96, 100)
    assert few_low < low < 0.9375 < high < few_high
    assert high - low < 0.01
