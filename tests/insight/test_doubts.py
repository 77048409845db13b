"""What is worth saying before a run; the form and the run say it in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from distill_core.config import DEFAULT_PHASES, DistillConfig
from distill_core.insight.doubts import doubts
from distill_core.presets import load
from distill_core.runs.preflight import Preflight, warnings_of
from distill_core.task import DataFacts


def doubts_of(
    settings: dict[str, Any] | None = None, student: int | None = 20_000, teacher: int | None = 600_000
) -> list[str]:
    config = DistillConfig(label_budget=400).changed(settings or {})
    return list(doubts(config, student_parameters=student, teacher_parameters=teacher))


def labels_at_the_end(share: float = 0.2) -> list[dict[str, Any]]:
    phases = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
    phases[1]["share"] = 0.8 - share
    phases[2] |= {"pool": "labelled", "terms": {"ce": 1.0}, "share": share}
    return phases


def test_an_ordinary_run_raises_no_doubt() -> None:
    assert doubts_of() == []


@pytest.mark.parametrize(
    ("settings", "student", "word"),
    [
        ({}, 600_000, "not smaller"),
        ({"alpha": 1.0}, 20_000, "no labels"),
        ({"alpha": 0.0}, 20_000, "ignores the teacher"),
        ({"alpha": 0.0, "on_policy": 1.0}, 20_000, "ignores the teacher"),
        ({"on_policy": 1.0}, 20_000, "the student writes every text itself"),
        ({"phases": labels_at_the_end()}, 20_000, "400 labelled images alone"),
    ],
)
def test_each_doubt_is_said_alone(settings: dict[str, Any], student: int, word: str) -> None:
    (said,) = doubts_of(settings, student)
    assert word in said


@pytest.mark.parametrize(("loss", "word"), [("kd-std", "+1 and -1"), ("dist", "between inputs"), ("dkd", "plain soft")])
def test_a_loss_that_compares_wrong_answers_is_doubted_for_two_classes(tmp_path: Path, loss: str, word: str) -> None:
    for name in ("cat", "dog"):
        folder = tmp_path / "pets" / name
        folder.mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (8, 8)).save(folder / f"{number}.png")
    two = {"dataset": "folder", "data_folder": str(tmp_path / "pets"), "label_budget": None, "terms": [loss]}
    (said,) = doubts_of(two)
    assert word in said
    assert doubts_of(two | {"terms": ["at"]}) == []
    assert doubts_of({"terms": [loss]}) == []
    assert doubts_of(two | {"data_folder": str(tmp_path / "nowhere")}) == []


def test_many_labels_or_no_teacher_leave_nothing_to_doubt() -> None:
    assert doubts_of({"phases": labels_at_the_end(), "label_budget": None}) == []
    assert doubts_of({"phases": labels_at_the_end(), "label_budget": 1000}) == []
    assert doubts_of({"teacher": None, "alpha": 1.0}) == []


def test_sizes_that_are_not_known_are_not_compared() -> None:
    assert doubts_of(student=None) == []
    assert doubts_of(teacher=None) == []


def test_a_run_warns_in_the_words_of_the_form() -> None:
    config = DistillConfig(label_budget=400).changed({"alpha": 1.0, "phases": labels_at_the_end()})
    found = Preflight(
        DataFacts("x", ("a", "b"), (1, 8, 8), (0.5,), (0.5,), ""), 8000, "resnet8-w4", 700_000, "vgg8-w48", 600_000
    )
    said = list(doubts(config, student_parameters=700_000, teacher_parameters=600_000))
    assert list(warnings_of(config, found)) == said
    assert len(said) == 2


@pytest.mark.parametrize(
    ("settings", "teacher_data", "words"),
    [
        ({"dataset": "digits"}, "digits", "these very images"),
        ({"dataset": "fashion-mnist-mini"}, "fashion-mnist", "these very images"),
        ({"dataset": "fashion-mnist-rest"}, "fashion-mnist", "these very images"),
        ({"dataset": "fashion-mnist"}, "fashion-mnist-rest", "some of these images"),
        ({"dataset": "folder", "data_folder": "/some/pets"}, "folder:pets", "these very images"),
        ({"dataset": "folder", "data_folder": "/some/pets"}, "folder:cars", None),
        ({"dataset": "fashion-mnist-mini"}, "fashion-mnist-rest", None),
        ({"dataset": "digits"}, None, None),
        ({"dataset": "digits", "teacher": None}, "digits", None),
    ],
)
def test_a_teacher_that_knows_the_images_is_doubted(
    settings: dict[str, Any], teacher_data: str | None, words: str | None
) -> None:
    config = DistillConfig(label_budget=400).changed(settings)
    said = list(doubts(config, student_parameters=1, teacher_parameters=2, teacher_data=teacher_data))
    assert said == (
        [f"This teacher was trained on {words}, so its answers on them are surer than they would be on new ones."]
        if words
        else []
    )


@pytest.mark.parametrize(
    ("term", "phases"),
    [
        ({"loss": "hint", "weight": 0.0}, [0.2, 0.6, 0.2]),
        ({"loss": "hint", "phases": ["warm-up"]}, [0.0, 0.8, 0.2]),
        ({"loss": "hint", "phases": ["fine-tune"]}, labels_at_the_end()),
    ],
)
def test_a_method_that_counts_in_no_phase_is_doubted(term: dict[str, Any], phases: list[Any]) -> None:
    config = DistillConfig(label_budget=1000).changed({"terms": [term], "phases": phases})
    (said,) = doubts(config, student_parameters=1, teacher_parameters=2)
    assert said.startswith("Hint (FitNets) counts in no phase")
    on = config.changed({"terms": ["hint"]})
    assert list(doubts(on, student_parameters=1, teacher_parameters=2)) == []


@pytest.mark.parametrize("student", ["vit-micro", "deit-tiny", "torchvision/vit_b_16", "gpt-2x64"])
@pytest.mark.parametrize("taught", [True, False])
def test_a_transformer_with_sgd_is_doubted_even_without_a_teacher(student: str, taught: bool) -> None:
    settings: dict[str, Any] = {"student": student, "label_budget": None}
    if student.startswith("gpt"):
        settings |= {"task": "language", "dataset": "skills", "teacher": "gpt-skills"}
    if not taught:
        settings |= {"teacher": None, "phases": [{"name": "all", "share": 1.0, "pool": "all"}]}
    adamw = {"optimiser": "adamw", "learning_rate": 0.001}
    assert any("is a transformer" in each for each in doubts_of(settings))
    assert not any("is a transformer" in each for each in doubts_of(settings | adamw))


def test_a_transformer_with_published_weights_may_be_fine_tuned_by_sgd() -> None:
    assert not any("is a transformer" in each for each in doubts_of({"student": "torchvision/vit_b_16:IMAGENET1K_V1"}))


def test_a_student_that_is_not_known_raises_no_doubt_of_its_own() -> None:
    assert doubts_of({"student": "no-such-model"}) == []


def test_labels_that_a_phase_of_their_own_teaches_are_used_whoever_writes() -> None:
    ending = {"name": "end", "share": 0.5, "pool": "labelled", "terms": {"ce": 1.0}}
    settings = {"on_policy": 1.0, "label_budget": 1_000, "phases": [{"name": "own", "share": 0.5}, ending]}
    assert doubts_of(settings) == []
    assert doubts_of({**settings, "on_policy": 0.5}) == []


def test_soft_labels_that_another_loss_replaces_are_not_doubted() -> None:
    config = load("language-quick").changed({"terms": {"kd": 0, "jsd": 0.9}})
    assert list(doubts(config, student_parameters=1, teacher_parameters=2)) == []
