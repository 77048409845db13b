"""What a student begins with, in words."""

from __future__ import annotations

import pytest

from distill_core import presets
from distill_core.events import Beginning
from distill_core.insight.baseline import compared
from distill_core.insight.beginning import begins_with, how_it_began, of_choice, why_not, worth_before

QUICK = presets.load("language-quick")


def test_a_run_says_which_blocks_and_their_influence() -> None:
    (said,) = how_it_began(Beginning("gpt-skills", (1, 4), (0.781, 0.2, 0.11, 0.1)))
    assert said == (
        "The student began with block1 and block4 of gpt-skills, whose blocks have the influence 0.78, 0.20, 0.11, "
        "0.10."
    )
    assert how_it_began(None) == []


def test_of_many_blocks_the_ends_are_told() -> None:
    influence = tuple([0.5] * 10 + [0.9, 0.01])
    (said,) = how_it_began(Beginning("/runs/big-1/best", (1, 2, 11), influence))
    assert said == (
        "The student began with the blocks 1, 2, 11 of big-1, whose influence goes from 0.01 (block12) to 0.90 "
        "(block11)."
    )


def test_before_a_run_the_choice_is_named() -> None:
    assert begins_with(QUICK) == ""
    begun = QUICK.changed({"begin_from": "teacher", "begin_layers": [2, 4]})
    assert begins_with(begun) == "begins with layers of gpt-skills (blocks 2, 4)"
    assert [of_choice(choice) for choice in ("influence", "uniform", "first-last", (3,))] == [
        "by influence",
        "spread evenly",
        "first and last",
        "block 3",
    ]


def test_why_a_student_cannot_is_told_without_the_ways_out_that_a_page_does_not_have() -> None:
    assert why_not(QUICK) == (
        "the student's width is 128 and the teacher's 160, so no layers can be copied; take a student whose width is "
        "160, such as gpt-2x160"
    )
    assert why_not(QUICK.changed({"student": "gpt-5x160"})) == (
        "the student has 5 blocks and the model it begins with 4; take a student of at most 4"
    )
    assert why_not(QUICK.changed({"student": "gpt-2x160"})) is None


@pytest.mark.parametrize("wrong", [{"teacher": "/nowhere/best"}, {"student": "gpt-what"}])
def test_what_is_wrong_itself_is_left_to_others(wrong: dict[str, str]) -> None:
    assert why_not(QUICK.changed(wrong)) == ""


def test_a_baseline_that_begins_with_layers_is_said_to() -> None:
    said = "Both begin with the same layers of gpt-skills"
    assert said in compared(QUICK.changed({"begin_from": "teacher"}))
    assert said not in compared(QUICK)


def test_what_it_was_worth_before_training_is_told_by_all_that_is_measured() -> None:
    metrics = {"perplexity": 21.94, "kl": 1.5, "token_agreement": 0.52}
    (said,) = worth_before({"untrained": {"metrics": metrics}})
    assert said == (
        "Before training it had, on the same test: Perplexity 21.94, KL to the teacher 1.5 and Token agreement 52.0%."
    )
    assert worth_before({"untrained": None}) == worth_before({}) == []
