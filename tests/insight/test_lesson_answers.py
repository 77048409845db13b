"""Soft answers, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from distill_core.insight.lesson_answers import (
    class_means,
    distance,
    likest,
    strongest,
    without_diagonal,
)
from distill_core.softening import entropy_bits, softened


def test_a_temperature_divides_the_logits() -> None:
    logits = np.array([0.0, math.log(3)])
    assert softened(logits, 1.0) == pytest.approx([1 / 4, 3 / 4])
    assert softened(logits, 0.5) == pytest.approx([1 / 10, 9 / 10])
    assert softened(logits, 2.0) == pytest.approx([1 / (1 + 3**0.5), 3**0.5 / (1 + 3**0.5)])


def test_huge_logits_do_not_overflow() -> None:
    assert softened(np.array([1000.0, 0.0, -1000.0]), 0.5).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_above_0_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        softened(np.zeros(2), temperature)


def test_entropy_is_in_bits() -> None:
    shares = np.array([[0.25] * 4, [0.5, 0.25, 0.25, 0], [1, 0, 0, 0]])
    assert entropy_bits(shares).tolist() == [2.0, 1.5, 0.0]


MEANS = np.array([[0.8, 0.15, 0.05], [0.3, 0.7, 0.0], [0.0, 0.1, 0.9]])


def test_class_means_are_of_the_true_class() -> None:
    answers = np.array([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]])
    assert class_means(answers, np.array([0, 0, 1]), 2).tolist() == [[0.75, 0.25], [0.2, 0.8]]


def test_the_likest_class_is_never_the_true_one() -> None:
    assert [likest(MEANS, true) for true in range(3)] == [1, 0, 1]
    assert strongest(MEANS, ["a", "b", "c"]) == ("b", "a", 0.3)
    assert np.isnan(without_diagonal(MEANS).diagonal()).all()


def test_the_distance_is_what_lies_elsewhere_off_the_diagonal() -> None:
    other = np.array([[0.8, 0.05, 0.15], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9]])
    assert distance(MEANS, MEANS) == 0
    # Per class: (0.1 + 0.1) / 2, 0.2 / 2 and 0.
    assert distance(other, MEANS) == pytest.approx(0.2 / 3)
