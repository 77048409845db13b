"""What is said of the comparison with a baseline."""

from __future__ import annotations

from distill_core.config import DistillConfig
from distill_core.insight.baseline import compared, effort
from distill_core.presets import load


def test_with_few_labels_the_baselines_batches_are_said_to_be_others() -> None:
    said = compared(DistillConfig(label_budget=400))
    assert "draws every batch from the labelled images" in said
    assert "the student repeats 4 kept versions of each image" in said


def test_with_all_labels_both_draw_from_the_same_images() -> None:
    said = compared(DistillConfig(label_budget=None).changed({"draws": 1, "phases": [{"name": "distil", "share": 1}]}))
    assert "draw from the same images. " in said
    assert "only when all labels" not in said
    assert "1 kept version of each" in said


def test_phases_that_draw_from_the_easiest_images_are_named_for_the_baseline_has_all() -> None:
    said = compared(DistillConfig())
    assert "same images, except in warm-up: there the student draws from the easiest, the baseline from all" in said
    pools = ["curriculum", "all", "easiest", "easiest"]
    phases = [{"name": name, "share": 1 / 4, "pool": pool} for name, pool in zip("abcd", pools, strict=True)]
    assert "except in a, c and d: " in compared(DistillConfig().changed({"phases": phases}))
    assert "except" not in compared(DistillConfig().changed({"phases": [0, 0.8, 0.2]}))


def test_a_student_whose_answers_are_not_kept_sees_fresh_images_too() -> None:
    assert "as is the student's" in compared(DistillConfig().changed({"draws": 0}))


def test_of_texts_nothing_is_said_of_images_or_their_augmentation() -> None:
    said = compared(load("language-quick"))
    assert "draws every batch from the labelled prompts" in said
    assert "image" not in said
    assert "augmentation" not in said


def test_of_texts_it_says_how_many_tokens_each_learned_from_and_what_writing_took() -> None:
    config = load("language-quick")
    summary = {
        "student": {"learned_from": 1_200_000},
        "baseline": {"learned_from": 1_100_000},
        "writing_seconds": 21.3,
    }
    tokens, writing = effort(summary, config)
    assert tokens.startswith(
        "The student learned from 1,200,000 tokens to foretell, repeats counted, the baseline from"
    )
    assert tokens.endswith("1,100,000, in the same number of steps.")
    assert "the teacher took 21 s to write" in writing
    assert effort({**summary, "writing_seconds": 0.2, "baseline": None}, config) == [
        "The student learned from 1,200,000 tokens to foretell, repeats counted."
    ]
    assert effort(summary, load("quickstart")) == []


def test_results_from_before_tokens_were_counted_say_nothing_of_them() -> None:
    assert effort({"student": {"accuracy": 0.5}}, load("language-quick")) == []
