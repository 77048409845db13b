"""Two models on the same inputs."""

from __future__ import annotations

import numpy as np
import pytest

from distill_core.insight.lesson_twins import Twins, exact_mcnemar, twins


def test_every_input_is_counted_once() -> None:
    truth, ours, theirs = np.array([0, 1, 2, 3, 4]), np.array([0, 1, 9, 3, 9]), np.array([0, 9, 2, 9, 9])
    found = twins(truth, ours, theirs)
    assert found == Twins(both=1, student=2, baseline=1, neither=1)
    assert found.inputs == 5
    assert found.gain == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [(9, 1, 2 * 11 / 1024), (1, 9, 2 * 11 / 1024), (5, 5, 1.0), (0, 0, 1.0), (6, 0, 2 / 64)],
)
def test_mcnemars_probability_is_that_of_a_fair_coin(first: int, second: int, chance: float) -> None:
    assert exact_mcnemar(first, second) == pytest.approx(chance)


def test_thousands_of_inputs_are_no_trouble() -> None:
    assert 0 < exact_mcnemar(1500, 1300) < 0.001


def test_the_sentence_claims_no_more_than_the_split_shows() -> None:
    assert "can be chance (exact McNemar test, p = 0.75)" in Twins(100, 6, 4, 10).sentence
    assert "less than 0.000001 (exact" in Twins(3000, 500, 100, 400).sentence
    assert "less than 0.1 (exact" in Twins(90, 9, 1, 0).sentence
    assert "500 times the distilled student (83%), 100 times the other" in Twins(3000, 500, 100, 400).sentence
    assert Twins(3, 0, 0, 1).sentence == "Both give the right answer to the same images."
