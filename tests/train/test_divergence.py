"""What is said of a loss that is no longer a number."""

from __future__ import annotations

import math

from distill_core.train.divergence import what_to_do

PLAIN = {"kd": 0.9, "ce": 0.1}


def test_an_absurd_weight_is_named_with_what_it_made_of_the_loss_although_every_term_is_lost() -> None:
    lost = {"kd": math.nan, "ce": math.nan, "hint": math.nan}
    said = what_to_do(lost, {**PLAIN, "hint": 1e38}, {"kd": 12.0, "ce": 0.5, "hint": 2e38}, 0.1)
    assert said == (
        "The weight of 'hint' is the likely cause: it is 1e+38, and made 2e+38 of the loss in the step before, where "
        "the others together made 12.5. Lower it; 100 is the published one."
    )


def test_a_weight_that_is_too_much_in_the_first_step_is_named_although_no_term_is_lost() -> None:
    said = what_to_do({"kd": 16.0, "hint": 20.0}, {"kd": 0.9, "hint": 1e38}, {}, 0.1)
    assert "The weight of 'hint' is the likely cause: it is 1e+38, and made 2e+39 of the loss in this step" in said


def test_a_term_without_others_beside_it_is_named_too() -> None:
    said = what_to_do({"hint": math.nan}, {"hint": 10.0}, {"hint": 1e9}, 0.1)
    assert said.endswith("made 1e+09 of the loss in the step before. Try a tenth of it.")


def test_one_loss_that_is_lost_alone_is_named_before_the_learning_rate() -> None:
    said = what_to_do(
        {"kd": 1.0, "ce": 1.0, "hint": math.inf}, {**PLAIN, "hint": 100}, {"kd": 1, "ce": 1, "hint": 9}, 0.1
    )
    assert said.startswith("The weight of 'hint' is the likely cause: try a tenth of it. Else lower the learning rate")


def test_losses_that_blow_up_together_or_by_alpha_alone_are_the_learning_rates_fault() -> None:
    lost = {"kd": math.nan, "ce": math.nan}
    for before in ({}, {"kd": 3.0, "ce": 0.2}, {"kd": 1e20, "ce": 5.0}):
        assert what_to_do(lost, PLAIN, before, 0.1).startswith("The learning rate 0.1 is the usual cause: try a tenth")
