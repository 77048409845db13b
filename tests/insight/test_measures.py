"""What a problem measures beside accuracy, in the order a reader wants it."""

from __future__ import annotations

from distill_core.insight.measures import in_order, in_words, measures_among


def test_skills_stand_together_and_what_is_not_known_comes_last() -> None:
    names = ["instructions", "new", "longer_chains", "reasoning", "stops"]
    assert in_order(names) == ["reasoning", "longer_chains", "instructions", "stops", "new"]


def test_accuracy_is_always_among_the_curves_and_what_is_for_tables_alone_is_not() -> None:
    assert [measure.name for measure in measures_among([])] == ["accuracy"]
    assert [measure.name for measure in measures_among(["stops", "perplexity"])] == ["accuracy", "perplexity"]


def test_shares_are_percent_and_perplexity_is_a_number_of_readable_length() -> None:
    assert in_words("reasoning", 0.972) == in_words("stops", 0.972) == "97.2%"
    assert in_words("perplexity", 3.6126) == "3.613"
    assert in_words("perplexity", 1e304) == "1e+304"
    assert in_words("perplexity", None) == in_words("reasoning", None)
