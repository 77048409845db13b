"""What a teacher gave class by class."""

from __future__ import annotations

import json

import pytest

from distill_core.events import Evaluated, ModelFacts, PhaseSpan, Started, from_dict
from distill_core.figures import class_bars
from distill_core.insight.classes import class_gains
from distill_core.insight.history import RunHistory

NAMES = ("shirt", "boot", "bag")
SPANS = (PhaseSpan("train", 0, 100, "all"),)
STARTED = Started(ModelFacts("s", 1), None, "d", ("a", "b"), 100, 10, 100, 50, SPANS, "cpu", "32-true", 1, "contiguous")


def test_classes_stand_from_the_largest_gain_to_the_largest_loss() -> None:
    found = class_gains(NAMES, (0.5, 0.9, 0.8), (0.6, 0.9, 0.7))
    assert found is not None
    assert found.frame["name"].tolist() == ["bag", "boot", "shirt"]
    assert found.frame["gain"].tolist() == pytest.approx([0.1, 0.0, -0.1])
    assert found.sentence == "bag gains most (+10.0 points); shirt loses most (−10.0 points)."


def test_a_class_without_inputs_is_left_out_and_without_a_baseline_there_is_nothing_to_tell() -> None:
    found = class_gains(NAMES, (0.5, None, 0.8), (0.4, None, 0.7))
    assert found is not None
    assert sorted(found.frame["name"]) == ["bag", "shirt"]
    assert "loses" not in found.sentence
    assert class_gains(NAMES, (0.5, 0.9, 0.8), ()) is None
    assert class_gains((), (), ()) is None


def test_where_no_class_gains_that_is_said() -> None:
    found = class_gains(NAMES, (0.5, 0.8, 0.7), (0.6, 0.8, 0.7))
    assert found is not None
    assert found.sentence == "No class gains; shirt loses most (−10.0 points)."


def test_student_and_baseline_are_compared_after_the_same_epoch() -> None:
    history = RunHistory(with_baseline=True)
    for epoch, shares in ((1, (0.2, 0.2)), (2, (0.9, 0.9))):
        history.feed(_judged(epoch, shares), of_baseline=True)
    history.feed(STARTED)
    assert history.class_gains is None
    history.feed(_judged(1, (0.5, 0.3)))
    assert history.class_gains is not None
    assert sorted(history.class_gains.frame["gain"]) == pytest.approx([0.1, 0.3])


def _judged(epoch: int, shares: tuple[float, ...]) -> Evaluated:
    return Evaluated(10 * epoch, epoch, "validation", "student", 0.5, 1.0, by_class=shares)


def test_shares_of_classes_survive_the_way_through_the_store_and_older_events_have_none() -> None:
    told = _judged(1, (0.5, 0.25))
    data = json.loads(json.dumps(told.to_dict()))
    assert from_dict(data) == told
    del data["by_class"]
    assert from_dict(data).by_class == ()  # type: ignore[attr-defined]


def test_gains_wear_the_students_colour_and_losses_the_baselines() -> None:
    found = class_gains(NAMES, (0.5, 0.9, 0.8), (0.6, 0.9, 0.7))
    assert found is not None
    (bars,) = class_bars(found.frame)["data"]
    assert bars["y"] == [10.0, 0.0, -10.0]
    assert bars["marker"]["color"] == ["@student", "@student", "@baseline"]
