"""What a fine-tuning on some kinds of prompt took from the others."""

from __future__ import annotations

from dataclasses import replace

from distill_core.events import Evaluated, ModelFacts, PhaseSpan, Started
from distill_core.insight.forgetting import forgetting
from distill_core.insight.history import Track

STARTED = Started(
    ModelFacts("s", 1), ModelFacts("t", 2), "skills", ("a",), 100, 10, 100, 25,
    (PhaseSpan("distil", 0, 75, "all"), PhaseSpan("fine-tune", 75, 100, "classes")), "cpu", "32-true", 1, "contiguous",
)  # fmt: skip


def scored(step: int, reasoning: float, instructions: float) -> Evaluated:
    skills = {"reasoning": reasoning, "instructions": instructions, "stops": 1.0}
    return Evaluated(step, step // 25, "validation", "student", (reasoning + instructions) / 2, 0.1, metrics=skills)


def track(*events: object) -> Track:
    made = Track()
    for event in events:
        made.feed(event)  # type: ignore[arg-type]
    return made


def test_each_skill_is_told_before_and_after_the_phase() -> None:
    said = forgetting(track(STARTED, scored(50, 0.5, 0.5), scored(75, 0.972, 0.74), scored(100, 1.0, 0.8)))
    assert said == (
        "What fine-tune changed on validation, from epoch 3 to 4: reasoning 97.2% → 100.0%, instructions 74.0% → 80.0%."
    )


def test_where_the_phase_did_harm_the_weights_that_are_kept_are_older() -> None:
    said = forgetting(track(STARTED, scored(75, 0.972, 0.84), scored(100, 1.0, 0.612)))
    assert "instructions 84.0% → 61.2%." in said
    assert said.endswith("The weights that are kept are of epoch 3, before it.")


def test_without_metrics_accuracy_is_told() -> None:
    plain = [replace(scored(step, 0.8, top), metrics={}) for step, top in ((75, 0.4), (100, 0.6))]
    assert "accuracy 60.0% → 70.0%" in forgetting(track(STARTED, *plain))


def test_nothing_is_told_before_its_first_epoch_or_of_a_phase_on_everything() -> None:
    everything = replace(STARTED, phases=(PhaseSpan("distil", 0, 75, "all"), PhaseSpan("fine-tune", 75, 100, "all")))
    scores = scored(75, 0.9, 0.9), scored(100, 0.9, 0.9)
    assert forgetting(track(everything, *scores)) == ""
    assert forgetting(track(STARTED, scores[0])) == ""
    assert forgetting(track(STARTED, scores[1])) == ""
    assert forgetting(Track()) == ""
