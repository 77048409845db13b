from distill_core.insight.kept import what_is_kept


def test_what_is_kept_is_said_with_what_is_lost() -> None:
    facts = {"kept": 64, "classes": 49_152, "tail": 0.004, "largest_tail": 0.07, "error": 0.28}
    assert what_is_kept(facts) == [
        "Of each of the teacher's answers 64 of 49,152 are kept, and the sum of the rest. The rest holds 0.40% on "
        "average, at most 7.00%; no gradient is off by more than 0.28, where the largest there can be is 4."
    ]


def test_nothing_is_said_of_whole_answers_and_no_bound_where_nothing_is_lost() -> None:
    assert what_is_kept(None) == []
    facts = {"kept": 10, "classes": 10, "tail": 0.0, "largest_tail": 0.0, "error": 0.0}
    assert what_is_kept(facts)[0].endswith("at most 0.00%.")
