"""The Pareto front."""

from __future__ import annotations

from distill_core.insight.front import unbeaten


def test_the_front_holds_what_nothing_beats_at_the_same_cost_or_less_the_cheapest_first() -> None:
    assert unbeaten([(9, 0.9), (1, 0.5), (5, 0.4), (9, 0.8), (3, 0.7)]) == [1, 4, 0]


def test_of_equals_all_are_on_the_front_for_nothing_beats_them() -> None:
    assert unbeaten([(2, 0.7), (2, 0.7), (2, 0.6)]) == [0, 1]
    assert unbeaten([]) == []
