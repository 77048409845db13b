"""The recorded material agrees with itself, with the data it is of and with what the documents say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from distill_core import presets
from distill_core.insight import lesson as module
from distill_core.insight.lesson import ARRAYS, COMMAND, FACTS, KNOWLEDGE_STOPS, lesson
from distill_core.insight.lesson_twins import twins
from distill_core.softening import softened
from distill_core.vision.datasets.fashion_mnist_mini import CLASSES, read_mini

ROOT = Path(module.__file__).parents[2]
WHO = ("teacher", "student", "baseline", "attentive")


def test_accuracies_are_the_share_of_recorded_answers_that_are_right() -> None:
    found = lesson()
    for who in WHO:
        right = int((found[f"said_{who}"] == found["truth"]).sum())
        assert right / len(found["truth"]) == pytest.approx(found.accuracy(who)), who


def test_images_won_minus_images_lost_are_the_gain() -> None:
    found = lesson()
    counts = twins(found["truth"], found["said_student"], found["said_baseline"])
    assert counts.inputs == 4000
    assert counts.gain == pytest.approx(found.accuracy("student") - found.accuracy("baseline"))


def test_images_answers_and_labels_are_those_of_the_test_split() -> None:
    found, mini = lesson(), read_mini()
    assert (found["truth"] == mini["test_labels"]).all()
    assert (found["images"] == mini["test_images"][found["places"]]).all()
    assert (found["labels"] == mini["test_labels"][found["places"]]).all()
    assert found.classes == CLASSES
    for who in WHO:
        assert (found[f"answers_{who}"].argmax(axis=1) == found[f"said_{who}"][found["places"]]).all(), who


def test_examples_are_what_their_titles_say() -> None:
    found = lesson()
    right = {who: found[f"said_{who}"][found["places"]] == found["labels"] for who in WHO}
    assert right["teacher"][list(found.images_to_pick)].all()
    for rows, winner, loser in (("learnt", "student", "baseline"), ("broken", "baseline", "student")):
        assert 0 < len(found[rows]) <= 12
        assert right[winner][found[rows]].all()
        assert not right[loser][found[rows]].any()


def test_class_means_are_shares_and_as_accurate_as_their_model() -> None:
    found = lesson()
    assert found["means_teacher"].shape == (len(KNOWLEDGE_STOPS), 10, 10)
    assert found["means_student"].shape == (found.epochs + 1, len(KNOWLEDGE_STOPS), 10, 10)
    for means in (found["means_teacher"], found["means_student"]):
        assert np.allclose(means.sum(axis=-1), 1, atol=1e-5)
    sure = found["means_teacher"][0].diagonal()
    assert sure.mean() == pytest.approx(found.accuracy("teacher"), abs=0.05), "at T = 1 it is about as sure as right"


def test_the_batch_is_the_one_that_the_engine_would_draw() -> None:
    found = lesson()
    assert found["batch_teacher"].shape == (64, 10)
    assert found["batch_student"].shape == (found.epochs + 1, 64, 10)
    assert 0 < found["batch_labelled"].sum() < 20
    ends = [softened(found["batch_student"][epoch], 1.0) for epoch in (0, found.epochs)]
    right = [float((each.argmax(axis=1) == found["batch_labels"]).mean()) for each in ends]
    assert right[0] < 0.4 < 0.7 < right[1]


def test_attention_maps_belong_to_every_pair_and_image_to_pick() -> None:
    found = lesson()
    pairs = found.facts["layer_maps"]["at"]["pairs"]
    assert len(pairs) == len(found.facts["attention_likeness"])
    for number, pair in enumerate(pairs):
        side = int(pair["student_shape"].rpartition("x")[2])
        for who in WHO:
            maps = found[f"attention_{who}_{number}"]
            assert maps.shape == (len(found.images_to_pick), side, side)
            assert (maps.reshape(len(maps), -1).max(axis=1) == 255).all()
    for likeness in found.facts["attention_likeness"]:
        assert likeness["attentive"] > likeness["baseline"]
        assert all(0 < value <= 1 for value in likeness.values())


def test_the_course_has_a_point_for_each_epoch_and_phases_that_fill_it() -> None:
    found = lesson()
    for who in ("student", "baseline"):
        model = found.facts["models"][who]
        assert len(model["validation"]) == found.epochs
        assert max(model["validation"]) == model["validation"][model["best_epoch"] - 1]
    phases = found.facts["phases"]
    edges = [phases[0]["start"], *(phase["stop"] for phase in phases)]
    assert edges[0] == 0
    assert edges[-1] == found.epochs * found.facts["steps_per_epoch"]
    assert [phase["start"] for phase in phases] == edges[:-1]


def test_it_is_of_the_quickstart_as_it_is_now() -> None:
    found, demo = lesson(), presets.load("quickstart")
    assert found.facts["preset"] == "quickstart"
    assert found.facts["models"]["student"]["name"] == demo.student
    assert found.facts["models"]["teacher"]["name"] == demo.teacher
    assert (found.epochs, found.facts["seed"]) == (demo.training.epochs, demo.seed)
    assert (found.facts["temperature"], found.facts["alpha"]) == (demo.objective.temperature, demo.objective.alpha)
    assert found.facts["labels"] == demo.label_budget


def test_its_command_is_the_documented_one_and_says_how_it_was_made() -> None:
    found = lesson()
    assert found.facts["command"] == COMMAND
    assert f"`{COMMAND}`" in (ROOT / "docs" / "CONTRIBUTING.md").read_text("utf-8")
    assert COMMAND in (ROOT / "distill_core" / "assets" / "make_lesson.py").read_text("utf-8")
    for part in (COMMAND, "seed 0", "1 thread", f"torch {found.facts['versions']['torch']}", found.facts["date"]):
        assert part in found.made_by


def test_it_is_small_and_nobody_can_change_it() -> None:
    assert ARRAYS.stat().st_size + FACTS.stat().st_size < 600_000
    with pytest.raises(ValueError, match="read-only"):
        lesson()["images"][0, 0, 0] = 1
