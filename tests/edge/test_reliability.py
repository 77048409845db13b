"""Calibration, entropy and confusion against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from distill_core.edge.reliability import BINS, bins_of, calibration_error, confusion, mean_entropy
from distill_core.softening import softened


def test_the_calibration_error_of_four_answers_is_the_one_worked_out_by_hand() -> None:
    confidence, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, False, True, True])
    bins = bins_of(confidence, right)
    filled = {number: each for number, each in enumerate(bins) if each.count}
    assert len(bins) == BINS == 15
    assert list(filled) == [8, 14], "0.55 lies in (8/15, 9/15], 0.95 in (14/15, 1]"
    assert (filled[8].accuracy, filled[14].accuracy) == (1.0, 0.5)
    # half of the answers are 0.45 too modest, half 0.45 too sure
    assert calibration_error(bins) == pytest.approx(0.5 * 0.45 + 0.5 * 0.45)


def test_a_bin_holds_its_upper_end_and_not_its_lower_one() -> None:
    bins = bins_of(np.array([1.0, 0.5, 0.0]), np.array([True, True, False]), bins=2)
    assert [each.count for each in bins] == [2, 1]
    assert calibration_error(()) == 0.0


def test_entropy_is_in_bits_and_grows_with_the_temperature() -> None:
    assert mean_entropy(np.zeros((3, 4)), 1.0) == pytest.approx(2.0)
    quarter = np.array([[math.log(3), 0.0]])  # 75% and 25%
    assert mean_entropy(quarter, 1.0) == pytest.approx(0.811278, abs=1e-6)
    assert softened(quarter, 2.0)[0, 0] == pytest.approx(math.sqrt(3) / (1 + math.sqrt(3)))
    assert mean_entropy(quarter, 4.0) > mean_entropy(quarter, 1.0)
    assert mean_entropy(np.array([[2000.0, 0.0]]), 1.0) == 0.0


def test_a_row_of_the_confusion_is_what_an_image_shows() -> None:
    counts = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)
    assert counts == ((1, 1, 0), (0, 1, 0), (0, 1, 0))
