"""The result in words, and the words themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core.config import DistillConfig
from distill_core.insight import words
from distill_core.insight.verdict import nearness, one_seed, verdict
from distill_core.presets import load

CONFIG = DistillConfig(label_budget=400)


def summary(student: float | None, baseline: float | None = None, teacher: float | None = 0.92) -> dict[str, Any]:
    def model(accuracy: float | None) -> dict[str, float] | None:
        return None if accuracy is None else {"accuracy": accuracy}

    return {"student": model(student), "baseline": model(baseline), "teacher": model(teacher), "test_inputs": 4000}


def test_a_clear_gain_is_said_with_labels_points_and_share_of_the_teacher() -> None:
    found = verdict(summary(0.851, 0.738), CONFIG)
    assert found.kind == "gain"
    assert found.headline == (
        "With 400 labels, the student reaches 85.1%: 11.3 points above the same student trained on labels alone, "
        "and 92% of the teacher's accuracy, 6.9 points behind it."
    )
    assert found.caution == ""


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 1.0},
        {"on_policy": 1.0},
        {"terms": [{"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}, {"loss": "simkd", "weight": 100}]},
    ],
)
def test_a_student_whose_losses_look_at_no_label_is_not_said_to_have_had_any(settings: dict[str, Any]) -> None:
    config = DistillConfig().changed({"label_budget": 400, **settings})
    assert verdict(summary(0.924, 0.815), config).headline.startswith("Without labels, the student reaches 92.4%")


def test_the_baseline_of_a_student_with_its_teachers_classifier_is_said_to_be_another_model() -> None:
    simkd = DistillConfig().changed(
        {"terms": [{"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}, {"loss": "simkd", "weight": 100}]}
    )
    said = verdict(summary(0.924, 0.815), simkd).headline
    assert "above the same student with a classifier of its own trained on labels alone" in said


def test_points_are_the_difference_of_the_figures_shown() -> None:
    # 76.96% shows as 77.0% and 74.44% as 74.4%: 2.6 apart to a reader, though 2.52 before rounding.
    said = verdict(summary(0.7696, 0.7444), CONFIG).headline
    assert "reaches 77.0%: 2.6 points above" in said


def test_what_shows_as_equal_is_called_level() -> None:
    assert "reaches 86.6%: level with the same student" in verdict(summary(0.8660, 0.8661), CONFIG).headline


def test_a_gain_within_noise_is_not_sold_as_one() -> None:
    found = verdict(summary(0.866, 0.859), CONFIG)
    assert found.kind == "unclear"
    assert "can be chance" in found.caution


def test_many_test_images_do_not_make_a_seeds_noise_a_gain() -> None:
    many = summary(0.866, 0.859) | {"test_inputs": 1_000_000}
    assert verdict(many, CONFIG).kind == "unclear"


def test_few_test_images_leave_open_what_would_be_clear_on_many() -> None:
    assert verdict(summary(0.80, 0.76) | {"test_inputs": 100}, CONFIG).kind == "unclear"
    assert verdict(summary(0.80, 0.76) | {"test_inputs": 10_000}, CONFIG).kind == "gain"


def test_harm_is_called_harm() -> None:
    found = verdict(summary(0.70, 0.80), CONFIG)
    assert found.kind == "loss"
    assert "10.0 points BELOW" in found.headline
    assert "did harm" in found.caution


def test_without_a_baseline_no_gain_is_claimed() -> None:
    found = verdict(summary(0.851), CONFIG)
    assert "above" not in found.headline
    assert "baseline" in found.caution


def test_a_run_without_a_teacher_speaks_of_none() -> None:
    config = DistillConfig(teacher=None)
    assert verdict(summary(0.9, teacher=None), config).headline == (
        "With all labels and no teacher, resnet8-w8 reaches 90.0% on the test images."
    )


def test_a_run_without_a_score_is_said_so() -> None:
    assert "without a test result" in verdict(summary(None), CONFIG).headline


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_difference_is_what_subtracting_the_shown_figures_gives(first: float, second: float) -> None:
    by_hand = Decimal(words.percent(first)[:-1]) - Decimal(words.percent(second)[:-1])
    assert words.points(words.difference(first, second)) == f"{by_hand:+.1f} points".replace("-", "−")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.percent(0.8514), "85.1%"),
        (words.percent(None), "–"),
        (words.percent(float("nan")), "–"),
        (words.points(0.113), "+11.3 points"),
        (words.points(-0.02), "−2.0 points"),
        (words.points(words.difference(0.7696, 0.7444)), "+2.6 points"),
        (words.points(words.difference(0.7444, 0.7696)), "−2.6 points"),
        (words.points(words.difference(0.85001, 0.84999)), "+0.0 points"),
        (words.points(words.difference(0.9, None)), "–"),
        (words.points(words.difference(0.9, float("nan"))), "–"),
        (words.at_most(4e-6), "0.00001"),
        (words.at_most(1e-5), "0.00001"),
        (words.at_most(1.1e-5), "0.0001"),
        (words.at_most(0.0), "0"),
        (words.count(272_474), "272k"),
        (words.count(19_810), "19.8k"),
        (words.count(41_200_000), "41.2M"),
        (words.count(999), "999"),
        (words.megabytes(1_090_000), "1.09 MB"),
        (words.megabytes(81_000), "81 kB"),
        (words.milliseconds(0.0831), "0.083 ms"),
        (words.milliseconds(12.34), "12.3 ms"),
        (words.duration(95.2), "1 min 35 s"),
        (words.duration(3700), "1 h 1 min"),
        (words.duration(0.48), "0.5 s"),
        (words.duration(0.02), "0.1 s"),
        (words.duration(0.97), "1 s"),
        (words.duration(0.0), "0 s"),
        (words.about(37.2), "about 40 s"),
        (words.about(0.1), "about 5 s"),
        (words.about(130), "about 2 min 15 s"),
        (words.times_smaller(5_100, 647_000), "1/127 of the teacher"),
        (words.times_smaller(700_000, 647_000), "1.1 × the teacher"),
        (words.times_smaller(None, 5), ""),
    ],
)
def test_numbers_are_said_as_people_say_them(said: str, expected: str) -> None:
    assert said == expected


def test_a_student_that_learned_nothing_is_told_so_whatever_stands_beside_it() -> None:
    for baseline, config in ((None, CONFIG), (0.75, CONFIG), (None, CONFIG.changed({"teacher": None}))):
        found = verdict(summary(0.105, baseline) | {"guessing": 0.1}, config)
        assert found.kind == "loss"
        assert "no better than always giving the same answer" in found.headline
        assert "lower learning rate (it was 0.1)" in found.caution


def test_a_little_above_guessing_is_learnt_where_the_test_is_large_enough_to_tell() -> None:
    rare = summary(0.988, 0.985) | {"guessing": 0.98, "test_inputs": 10_000}
    assert "same answer" not in verdict(rare, CONFIG).headline
    assert "same answer" in verdict(rare | {"test_inputs": 100}, CONFIG).headline


def test_of_two_classes_more_than_half_is_more_than_guessing() -> None:
    assert "same answer" not in verdict(summary(0.55) | {"guessing": 0.5}, CONFIG).headline
    assert "same answer" in verdict(summary(0.5) | {"guessing": 0.5}, CONFIG).headline


def test_how_near_a_student_of_texts_comes_is_said_and_of_images_nothing_is() -> None:
    (said,) = nearness(summary(0.9) | {"kl": 0.0312, "token_agreement": 0.987})
    assert "first choice is the teacher's on 98.7% of what counts" in said
    assert "is 0.031 nats a token" in said
    near, far = nearness(
        summary(0.9) | {"kl": 0.0312, "token_agreement": 0.987, "kl_beyond": 1.204, "token_agreement_beyond": 0.612}
    )
    assert "is the teacher's on 98.7% of the test's prompts of the kinds trained on" in near
    assert far == (
        "On prompts beyond training, such as longer chains, it is on 61.2%, with 1.204 nats a token; these are not in "
        "the figures above."
    )
    assert nearness(summary(0.9)) == nearness(summary(0.9) | {"kl": None}) == []


def test_where_the_teacher_knows_no_more_than_labels_alone_it_is_said_so() -> None:
    found = verdict(summary(0.70, 0.80, teacher=0.78), CONFIG)
    assert found.kind == "loss"
    assert "The teacher reaches 78.0% itself, no more than labels alone: it has nothing to teach here." in found.caution
    assert "another temperature" not in found.caution


def test_how_far_seeds_lie_apart_is_said_of_the_images_where_it_was_measured_alone() -> None:
    assert "less than about 2.5 points" in one_seed(load("quickstart"))
    said = one_seed(load("language-quick"))
    assert "2.5" not in said
    assert "on skills is not known" in said


def test_a_baseline_that_began_with_the_same_weights_is_not_said_to_have_learned_from_labels_alone() -> None:
    forked = CONFIG.model_copy(update={"student": "/home/me/a.safetensors@resnet8-w8"})
    begun = CONFIG.model_copy(update={"begin_from": "teacher"})
    for config in (forked, begun):
        for baseline in (0.70, 0.84, 0.90):
            assert (
                "begun with the same weights, trained on labels alone"
                in verdict(summary(0.85, baseline), config).headline
            )
    assert "begun with" not in verdict(summary(0.85, 0.70), CONFIG).headline


def test_where_the_teacher_did_harm_its_further_losses_are_named_among_the_suspects() -> None:
    assert "further losses" not in verdict(summary(0.70, 0.85), CONFIG).caution
    assert (
        "lower weights for its further losses"
        in verdict(summary(0.70, 0.85), CONFIG.changed({"terms": ["at"]})).caution
    )
