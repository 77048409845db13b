"""Runs whose student begins with the layers of a trained model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.cards import ModelCard, read_card, read_weights, write_model
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.events import Evaluated, Event, Started, StepLogged, from_dict
from distill_core.insight.foresight import refusals
from distill_core.language import beginning, models
from distill_core.language.data import prompts_of
from distill_core.language.models.beginning import block_influence
from distill_core.runs.preflight import inspect
from distill_core.task import Data, Split, task_named
from distill_core.train.control import RunControl
from distill_core.train.setup import Workshop
from distill_core.train.trainer import Trainer, distill


@pytest.fixture
def deep_teacher(teacher_folder: str, tmp_path: Path) -> str:
    """Three blocks of 32, of which the second changes least."""
    return write_teacher(tmp_path / "deep", read_card(Path(teacher_folder)), seed=7)


def write_teacher(folder: Path, card: ModelCard, seed: int, architecture: str = "gpt-3x32") -> str:
    state = models.build(architecture, len(card.classes), seed).state_dict()
    for part in ("attention.project.weight", "narrow.weight"):
        state["block2." + part] *= 0.05
    state["norm.weight"] *= 12
    parameters = models.count_parameters(architecture, len(card.classes))
    write_model(folder, card.model_copy(update={"architecture": architecture, "parameters": parameters}), state)
    return str(folder)


@pytest.fixture
def begun(config: DistillConfig, deep_teacher: str) -> DistillConfig:
    return config.changed({"teacher": deep_teacher, "student": "gpt-2x32", "begin_from": "teacher"})


def made(config: DistillConfig) -> Workshop:
    return Trainer(config, task_named("language"), lambda _event: None, RunControl()).shop


def test_a_student_begins_with_the_blocks_that_change_most_and_the_run_says_so(
    skills: Data, begun: DistillConfig, deep_teacher: str
) -> None:
    heard: list[Event] = []
    result = distill(begun.changed({"epochs": 1}), on_event=heard.append)
    (started,) = (event for event in heard if isinstance(event, Started))
    assert started.beginning is not None
    assert started.beginning.blocks == (1, 3)
    assert started.beginning.model == deep_teacher
    assert started.beginning.weights_sha256 == read_card(Path(deep_teacher)).weights_sha256
    assert min(started.beginning.influence) == started.beginning.influence[1]
    assert len(started.beginning.influence) == 3
    assert result.beginning == dataclasses.asdict(started.beginning)
    assert from_dict(started.to_dict()) == started


@pytest.mark.parametrize(
    ("layers", "taken"), [("influence", (1, 3)), ("uniform", (1, 3)), ("first-last", (1, 3)), ((3, 2), (3, 2))]
)
def test_each_choice_copies_the_blocks_it_names(
    skills: Data, begun: DistillConfig, deep_teacher: str, layers: Any, taken: tuple[int, ...]
) -> None:
    shop = made(begun.changed({"begin_layers": layers}))
    theirs, ours = read_weights(Path(deep_teacher), read_card(Path(deep_teacher))), shop.student.state_dict()
    assert torch.equal(ours["embedding.weight"], theirs["embedding.weight"])
    for own, block in enumerate(taken, start=1):
        name = "attention.query.weight"
        assert torch.equal(ours[f"block{own}.{name}"], theirs[f"block{block}.{name}"])


def test_a_copy_of_all_layers_begins_as_good_as_the_teacher(skills: Data, begun: DistillConfig) -> None:
    shop = made(begun.changed({"student": "gpt-3x32"}))
    assert shop.teacher is not None
    ours, theirs = (
        shop.task.score(model, shop.validation, shop.data.validation) for model in (shop.student, shop.teacher.model)
    )
    assert (ours.accuracy, ours.loss) == (theirs.accuracy, theirs.loss)
    assert torch.equal(ours.predictions, theirs.predictions)


@pytest.mark.slow
def test_a_student_that_begins_with_layers_begins_below_random_in_loss(skills: Data, begun: DistillConfig) -> None:
    first = {}
    for begins in (None, "teacher"):
        heard: list[Event] = []
        distill(begun.changed({"begin_from": begins, "epochs": 1}), on_event=heard.append)
        first[begins] = next(event for event in heard if isinstance(event, StepLogged)).terms["kd"]
    assert first["teacher"] < 0.7 * first[None]


def test_what_the_student_learns_moves_no_weight_of_the_model_it_began_with(
    skills: Data, begun: DistillConfig, deep_teacher: str
) -> None:
    trainer = Trainer(begun.changed({"epochs": 1}), task_named("language"), lambda _event: None, RunControl())
    trainer.run()
    theirs = read_weights(Path(deep_teacher), read_card(Path(deep_teacher)))
    assert trainer.shop.teacher is not None
    assert all(torch.equal(value, theirs[name]) for name, value in trainer.shop.teacher.model.state_dict().items())
    assert not torch.equal(trainer.shop.student.state_dict()["embedding.weight"], theirs["embedding.weight"])


def test_a_run_and_its_baseline_begin_with_the_same_weights(skills: Data, begun: DistillConfig) -> None:
    ours, theirs = made(begun), made(begun.baseline_config())
    assert theirs.teacher is None
    assert ours.beginning == theirs.beginning
    states = ours.student.state_dict(), theirs.student.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_influence_is_measured_on_prompts_spread_evenly_and_on_no_answer(skills: Data) -> None:
    batches = list(beginning.sample(skills.train))
    ids, valid = (torch.cat([batch[part] for batch in batches]) for part in (0, 1))
    assert len(ids) == beginning.TEXTS
    assert torch.equal(ids[0], skills.train.inputs[0])
    assert torch.equal(ids[-1], skills.train.inputs[-1])
    prompts = prompts_of(skills.train)
    assert prompts is not None
    assert torch.equal(ids[0][valid[0]], prompts[0])
    assert torch.equal(ids[-1][valid[-1]], prompts[-1])
    few = Split(skills.train.inputs[:2], skills.train.labels[:2])
    assert [len(batch[0]) for batch in beginning.sample(few)] == [2]


def test_of_text_every_position_counts() -> None:
    inputs = torch.arange(12).reshape(2, 6)
    labels = inputs + 1
    labels[1, 4:] = -100
    ((ids, valid),) = beginning.sample(Split(inputs, labels))
    assert torch.equal(ids, inputs)
    assert valid.sum(dim=1).tolist() == [6, 4]


def test_another_seed_or_budget_takes_the_same_blocks_for_the_same_influence(
    skills: Data, begun: DistillConfig
) -> None:
    assert made(begun.changed({"seed": 5, "label_budget": 30})).beginning == made(begun).beginning


def test_the_sample_orders_the_blocks_of_the_teacher_inside_as_many_more_prompts_do(small_skills: Data) -> None:
    train = small_skills.train
    teacher: Any = task_named("language").load_teacher("gpt-skills", small_skills.facts)[0]
    valid = torch.zeros_like(train.inputs, dtype=torch.bool)
    for row, prompt in enumerate(prompts_of(train) or ()):
        valid[row, : len(prompt)] = True
    sampled = block_influence(teacher, beginning.sample(train))
    whole = block_influence(teacher, [(train.inputs, valid)])
    torch.testing.assert_close(sampled, whole, rtol=0.1, atol=0.01)
    assert sampled.argsort().tolist() == whole.argsort().tolist()


@pytest.mark.slow
def test_a_resumed_run_that_began_with_layers_equals_one_never_stopped(
    skills: Data, begun: DistillConfig, tmp_path: Path
) -> None:
    whole = distill(begun, folder=tmp_path / "whole")
    control = RunControl()

    def stop_half_way(event: Event) -> None:
        if isinstance(event, Evaluated) and event.who == "student" and event.epoch == 1:
            control.stop()

    assert distill(begun, on_event=stop_half_way, control=control, folder=tmp_path / "half").status == "stopped"
    resumed = distill(begun, folder=tmp_path / "half", resume=True)
    assert resumed.student == whole.student
    assert resumed.beginning == whole.beginning


def test_a_checkpoint_is_not_gone_on_with_once_the_first_layers_are_others(
    skills: Data, begun: DistillConfig, deep_teacher: str, tmp_path: Path
) -> None:
    config = begun.baseline_config()
    distill(config, folder=tmp_path / "run")
    write_teacher(Path(deep_teacher), read_card(Path(deep_teacher)), seed=8)
    with pytest.raises(CheckpointError, match="made with other first layers"):
        distill(config, folder=tmp_path / "run", resume=True)


@pytest.mark.slow
def test_the_weights_of_a_run_that_began_with_layers_say_so_on_their_card(
    skills: Data, begun: DistillConfig, tmp_path: Path
) -> None:
    result = distill(begun.changed({"epochs": 1}), folder=tmp_path / "run")
    kept = read_card(tmp_path / "run" / "best").provenance["beginning"]
    assert result.beginning is not None
    assert tuple(kept["blocks"]) == result.beginning["blocks"]
    distill(begun.changed({"epochs": 1, "begin_from": None}), folder=tmp_path / "random")
    assert "beginning" not in read_card(tmp_path / "random" / "best").provenance


# Refusals


REFUSED = [
    ({"student": "gpt-2x64"}, "begin_from: the student's width is 64 and the teacher's 32.* such as gpt-2x32"),
    ({"begin_layers": [1]}, r"begin_layers: got \[1\] for a student of 2 blocks; name one"),
    ({"begin_layers": [1, 4]}, "begin_layers: the teacher has no block 4; its 3 blocks count from 1 to 3"),
    ({"student": "gpt-4x32"}, "begin_layers: the student has 4 blocks and .* 3; .* such as begin_layers=1,1,2,3"),
    ({"begin_from": "gpt-nobody"}, "begin_from: 'gpt-nobody' is not known"),
    ({"begin_from": "distill_core/assets/teachers/vgg8-fashion"}, "begin_from: .* is a model for vision, not for lang"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_what_cannot_begin_so_is_refused_by_the_form_and_by_the_check_before_the_run(
    skills: Data, begun: DistillConfig, tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    config = begun.changed(settings)
    (sentence,) = refusals(config)
    with pytest.raises(ConfigError, match=message) as raised:
        inspect(config, tmp_path)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(("settings", "message"), REFUSED[:1] + REFUSED[3:5])
def test_the_engine_refuses_before_a_step(
    skills: Data, begun: DistillConfig, settings: dict[str, Any], message: str
) -> None:
    heard: list[Event] = []
    with pytest.raises(ConfigError):
        distill(begun.changed(settings), on_event=heard.append)
    assert not [event for event in heard if isinstance(event, Started)]


def test_other_tokens_are_refused(skills: Data, begun: DistillConfig, tmp_path: Path, deep_teacher: str) -> None:
    card = read_card(Path(deep_teacher))
    other = write_teacher(tmp_path / "other", card.model_copy(update={"classes": card.classes[:-1]}), seed=1)
    with pytest.raises(ConfigError, match="has a vocabulary of 99 tokens, and skills one of 100"):
        task_named("language").check_beginning(begun.changed({"begin_from": other}))


def test_images_begin_with_random_weights() -> None:
    config = DistillConfig(begin_from="teacher")
    (sentence,) = refusals(config)
    assert sentence == "begin_from: only language models can begin with another model's layers here; set it to none"
    with pytest.raises(ConfigError, match="only language models"):
        distill(config.changed({"teacher": None, "begin_from": "vgg8-fashion"}))


def test_a_baseline_is_found_again_for_the_same_weights_alone(
    skills: Data, begun: DistillConfig, deep_teacher: str, tmp_path: Path
) -> None:
    config = begun.changed({"baseline": True})
    first = inspect(config, tmp_path).inputs_sha256
    assert inspect(config.baseline_config(), tmp_path).inputs_sha256 == first
    assert inspect(config.changed({"begin_from": None}), tmp_path).inputs_sha256 == skills.facts.sha256 != first
    write_teacher(Path(deep_teacher), read_card(Path(deep_teacher)), seed=8)
    assert inspect(config, tmp_path).inputs_sha256 != first
