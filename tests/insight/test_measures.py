"""What a problem measures beside accuracy, in the order a reader wants it."""

from __future__ import annotations

from distill_core.insight.measures import in_order, measures_among


def test_skills_stand_together_and_what_is_not_known_comes_last() -> None:
    names = ["instructions", "new", "longer_chains", "reasoning", "stops"]
    assert in_order(names) == ["reasoning", "longer_chains", "instructions", "stops", "new"]


def test_accuracy_is_always_among_the_curves_and_what_is_for_tables_alone_is_not() -> None:
    assert [measure.name for measure in measures_among([])] == ["accuracy"]
    assert [measure.name for measure in measures_among(["stops", "perplexity"])] == ["accuracy", "perplexity"]
