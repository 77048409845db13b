"""How often models answer alike."""

from __future__ import annotations

import numpy as np

from distill_core.insight.agreement import furthest_apart, same, table_of

ANSWERS = {"a": np.array([0, 1, 2, 3]), "b": np.array([0, 1, 2, 0]), "c": np.array([3, 1, 0, 3])}


def test_agreement_is_the_share_of_equal_answers_right_or_wrong() -> None:
    assert same(ANSWERS["a"], ANSWERS["b"]) == 0.75
    shares = table_of(ANSWERS)
    assert [row[at] for at, row in enumerate(shares)] == [1, 1, 1]
    assert shares[0] == [1, 0.75, 0.5]


def test_the_pair_that_agrees_least_is_named() -> None:
    assert furthest_apart(list(ANSWERS), table_of(ANSWERS)) == ("b", "c", 0.25)
