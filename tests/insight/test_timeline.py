"""A training drawn before it begins."""

from __future__ import annotations

import pytest

from distill_core.insight.timeline import STEPS, lengths_after, lengths_with_one_more, timeline, whole_percents
from distill_core.presets import load

QUICKSTART = load("quickstart")


def test_the_phases_cover_the_training_in_their_shares() -> None:
    phases = timeline(QUICKSTART.changed({"phases": [0.1, 0.7, 0.2]})).phases
    assert [(phase.start, phase.stop) for phase in phases] == [(0, STEPS // 10), (STEPS // 10, 320), (320, STEPS)]


def test_a_ramp_goes_from_its_first_value_to_its_last_and_a_constant_stays() -> None:
    phases = [phase.model_dump(mode="json") for phase in QUICKSTART.phases]
    phases[1] |= {"temperature": [8, 2], "alpha": [1, 0.5]}
    frame = timeline(QUICKSTART.changed({"phases": phases, "temperature": 4, "alpha": 0.9})).frame
    distil = frame[frame["phase"] == "distil"]
    assert (distil["temperature"].iloc[0], distil["temperature"].iloc[-1]) == (8, 2)
    assert (distil["kd"].iloc[0], distil["kd"].iloc[-1]) == (1, 0.5)
    assert set(frame[frame["phase"] != "distil"]["temperature"]) == {4}
    assert set(frame[frame["phase"] != "distil"]["kd"]) == {0.9}


def test_where_labels_alone_teach_there_is_no_temperature() -> None:
    phases = [phase.model_dump(mode="json") for phase in QUICKSTART.phases]
    phases[2] |= {"pool": "labelled", "terms": {"ce": 1.0}}
    last = timeline(QUICKSTART.changed({"phases": phases})).frame.iloc[-1]
    assert last["kd"] == 0
    assert last["temperature"] != last["temperature"], "not a number: there is nothing to soften"


def test_the_learning_rate_is_a_share_of_the_highest_and_falls_with_its_phases_scale() -> None:
    frame = timeline(QUICKSTART.changed({"lr_schedule": "constant"})).frame
    by_phase = frame[frame["step"] > STEPS // 2].groupby("phase")["rate"].unique()
    assert by_phase["distil"].tolist() == [1.0]
    assert by_phase["fine-tune"].tolist() == pytest.approx([QUICKSTART.phases[2].lr_scale])


def test_shares_become_whole_percents_that_sum_to_a_hundred() -> None:
    assert whole_percents([0.2, 0.6, 0.2]) == [20, 60, 20]
    assert whole_percents([1 / 3, 1 / 3, 1 / 3]) == [34, 33, 33]
    assert whole_percents([0.005, 0.99, 0.005]) == [1, 99, 0]
    assert whole_percents([0.29, 0.57, 0.14]) == [29, 57, 14]


@pytest.mark.parametrize(
    ("lengths", "moved", "after"),
    [
        ([30, 60, 20], 0, [30, 50, 20]),
        ([10, 60, 20], 0, [10, 70, 20]),
        ([90, 60, 20], 0, [90, 0, 10]),
        ([20, 60, 30], 2, [20, 50, 30]),
        ([20, 60, 100], 2, [0, 0, 100]),
        ([20, 90, 20], 1, [10, 90, 0]),
        ([40], 0, [100]),
        ([100], 0, [100]),
    ],
)
def test_what_a_phase_gains_the_next_one_gives(lengths: list[int], moved: int, after: list[int]) -> None:
    assert lengths_after(lengths, moved) == after


def test_a_new_phase_has_half_of_the_one_before_it_or_of_the_longest() -> None:
    assert lengths_with_one_more([20, 60, 20], 2) == [20, 60, 10, 10]
    assert lengths_with_one_more([20, 60, 20], 0) == [10, 10, 60, 20]
    assert lengths_with_one_more([20, 80, 0], 2) == [20, 40, 0, 40]
