"""What choices of layers are worth before training: the table equals what is computed directly."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from distill_core.cards import read_card, write_model
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.insight import damage as words
from distill_core.language import beginning, models
from distill_core.language.models.beginning import block_influence, copy_layers
from distill_core.task import Data, task_named
from distill_core.train.damage import LISTED, RANDOM, WHOLE, Damage, Worth, damage


@pytest.fixture
def begun(config: DistillConfig, teacher_folder: str, tmp_path: Path) -> DistillConfig:
    card = read_card(Path(teacher_folder)).model_copy(update={"architecture": "gpt-4x32"})
    state = models.build("gpt-4x32", len(card.classes), 7).state_dict()
    state["norm.weight"] *= 12
    for part in ("attention.project.weight", "narrow.weight"):
        state["block1." + part] *= 0.05  # so that the most influential are no others' choice
    write_model(tmp_path / "deep", card, state)
    return config.changed({"teacher": str(tmp_path / "deep"), "student": "gpt-2x32"})


def test_every_choice_has_a_row_and_the_whole_teacher_stands_first(
    skills: Data, begun: DistillConfig, tmp_path: Path
) -> None:
    found = damage(begun, tmp_path)
    assert [row.choice for row in found.rows] == [WHOLE, "influence", "uniform", "first-last", RANDOM]
    assert [row.blocks for row in found.rows][2:] == [(1, 4), (1, 4), ()]
    assert found.rows[0].blocks == (1, 2, 3, 4)
    assert 1 not in found.rows[1].blocks
    assert len(found.influence) == 4
    assert (found.student, found.dataset, found.inputs) == ("gpt-2x32", "skills", 40)


@pytest.mark.slow
def test_the_rows_are_what_scores_of_copies_made_by_hand_say(
    skills: Data, begun: DistillConfig, tmp_path: Path
) -> None:
    found = damage(begun.changed({"begin_layers": [3, 2]}), tmp_path)
    task, split = task_named("language"), skills.validation
    teacher: Any = task.load_teacher(str(begun.teacher), skills.facts)[0].eval()
    feed = task.feed(split, skills.facts, None, torch.device("cpu"), False)
    assert [row.choice for row in found.rows][4] == LISTED
    for row in found.rows[1:]:
        student: Any = models.build("gpt-2x32", 100, begun.seed)
        if row.choice != RANDOM:
            copy_layers(student, teacher, [block - 1 for block in row.blocks])
        score = task.score(student, feed, split)
        assert (row.accuracy, row.metrics) == (score.accuracy, score.metrics)
        assert row.loss == pytest.approx(score.loss, rel=1e-5)
        with torch.no_grad():
            valid = split.labels >= 0
            ours, theirs = (model(split.inputs)[valid].double().log_softmax(1) for model in (student, teacher))
        assert row.kl == pytest.approx(functional.kl_div(ours, theirs, log_target=True, reduction="batchmean").item())
        assert row.agreement == pytest.approx((ours.argmax(1) == theirs.argmax(1)).double().mean().item())
    whole = task.score(teacher, feed, split)
    assert (found.rows[0].accuracy, found.rows[0].metrics) == (whole.accuracy, whole.metrics)
    assert found.rows[0].kl == pytest.approx(0, abs=1e-6)


def test_a_student_deeper_than_its_teacher_is_measured_by_its_list_alone(
    skills: Data, begun: DistillConfig, tmp_path: Path
) -> None:
    found = damage(begun.changed({"student": "gpt-5x32", "begin_layers": [1, 2, 3, 4, 4]}), tmp_path)
    assert [row.choice for row in found.rows] == [WHOLE, LISTED, RANDOM]


def test_a_choice_of_all_blocks_does_no_damage(skills: Data, begun: DistillConfig, tmp_path: Path) -> None:
    found = damage(begun.changed({"student": "gpt-4x32"}), tmp_path)
    for row in found.rows[1:4]:
        assert dataclasses.replace(row, choice=WHOLE) == found.rows[0]


def test_it_survives_json(skills: Data, begun: DistillConfig, tmp_path: Path) -> None:
    found = damage(begun, tmp_path)
    assert Damage.from_dict(json.loads(json.dumps(dataclasses.asdict(found)))) == found


def test_text_is_measured_by_its_perplexity(
    config: DistillConfig, begun: DistillConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distill_core.language import data as language_data

    data = language_data.load(DistillConfig(task="language", student="gpt-2x160", dataset="plain-english"))
    few = type(data.validation)(*(part[:10] for part in vars(data.validation).values()))
    small = dataclasses.replace(data, validation=few)
    monkeypatch.setattr(language_data, "load", lambda *_given: small)
    found = damage(begun.changed({"dataset": "plain-english", "label_budget": None}), tmp_path)
    assert all(row.metrics["perplexity"] > 1 for row in found.rows)
    assert words.headings(found) == ["Begins with", "Blocks", "KL", "Perplexity"]


def test_what_cannot_begin_so_is_refused(skills: Data, begun: DistillConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the student's width is 64"):
        damage(begun.changed({"student": "gpt-2x64"}), tmp_path)
    with pytest.raises(ConfigError, match="begin_from: got 'teacher', but teacher is null"):
        damage(begun.changed({"teacher": None}), tmp_path)


# In words


def worth(choice: str, blocks: tuple[int, ...], kl: float) -> Worth:
    return Worth(choice, blocks, 100, 0.5, 1.25, {"reasoning": 0.3, "stops": 1.0, "instructions": 0.7}, kl, 0.5)


FOUND = Damage(
    model="gpt-big",
    student="gpt-2x64",
    dataset="skills",
    inputs=500,
    influence=(0.8, 0.1, 0.3),
    rows=(
        worth(WHOLE, (1, 2, 3), 1e-9),
        worth("influence", (1, 3), 0.5),
        worth("uniform", (1, 3), 0.5),
        worth("first-last", (1, 2), 0.7),
        worth(RANDOM, (), 9.0),
    ),
)


def test_the_table_shows_skills_loss_and_divergence() -> None:
    assert words.headings(FOUND) == ["Begins with", "Blocks", "KL", "Reasoning", "Instructions", "Loss"]
    rows = words.rows(FOUND)
    assert rows[0] == ["whole teacher", "1, 2, 3", "0", "30.0%", "70.0%", "1.250"]
    assert rows[1][:3] == ["most influential", "1, 3", "0.500"]
    assert rows[4][:2] == ["random weights", "–"]


def test_each_block_has_its_influence_and_those_that_take_it() -> None:
    assert words.influence_rows(FOUND) == [
        ["block1", "0.800", "most influential, evenly spread, first and last"],
        ["block2", "0.100", "first and last"],
        ["block3", "0.300", "most influential, evenly spread"],
    ]


def test_the_choice_that_is_nearest_is_named_with_its_equals() -> None:
    assert words.nearest(FOUND) == FOUND.rows[1]
    assert words.meaning(FOUND).endswith("Nearest: most influential and evenly spread (blocks 1, 3).")


def test_a_long_row_of_neighbours_is_told_by_its_ends() -> None:
    assert words.numbers(range(1, 31)) == "1 to 30"
    assert words.numbers((1, 2, 3, 4, 6)) == "1, 2, 3, 4, 6"
    assert words.of_blocks((2,)) == "block 2"
    assert words.of_blocks(()) == ""


@pytest.mark.slow
def test_influence_is_measured_once_for_all_choices(
    begun: DistillConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[torch.Tensor] = []

    def counted(*arguments: Any) -> torch.Tensor:
        measured.append(block_influence(*arguments))
        return measured[-1]

    monkeypatch.setattr(beginning, "block_influence", counted)
    found = damage(begun, tmp_path)
    assert len(measured) == 1
    assert found.influence == tuple(measured[0].tolist())
