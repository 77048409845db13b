"""Distributions at a temperature, the classes that are shown, and who says the same."""

from __future__ import annotations

import numpy as np

from distill_core.insight.answers import camps, shown_classes
from distill_core.softening import softened


def test_a_distribution_sums_to_one_and_a_temperature_flattens_it_in_the_same_order() -> None:
    logits = np.array([[1000.0, 990.0, 0.0], [0.0, np.log(2), np.log(5)]], np.float32)
    for temperature in (1, 2, 4, 8):
        shares = softened(logits, temperature)
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        assert shares.argmax(axis=1).tolist() == [0, 2]
    np.testing.assert_allclose(softened(logits)[1], [0.125, 0.25, 0.625], rtol=1e-6)
    assert softened(logits, 8)[0, 0] < softened(logits, 1)[0, 0]


def test_of_many_classes_those_are_shown_that_any_model_holds_likely_in_their_own_order() -> None:
    one, other = np.full(100, 1e-4), np.full(100, 1e-4)
    one[70], other[5], other[90] = 0.9, 0.6, 0.3
    assert shown_classes([one, other], truth=33, most=4) == [5, 33, 70, 90]
    assert shown_classes([one[:4]], most=4) == [0, 1, 2, 3]


def test_the_larger_camp_is_named_first_and_else_the_teachers() -> None:
    assert camps({"student": 1, "baseline": 1, "teacher": 2}) == [(1, ["baseline", "student"]), (2, ["teacher"])]
    assert camps({"student": 1, "teacher": 2}) == [(2, ["teacher"]), (1, ["student"])]
