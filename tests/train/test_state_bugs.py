"""Bugs of state that other distillation tools had: each is looked for at every forward of a whole run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from distill_core import DistillConfig, distill
from distill_core.cards import ModelCard, write_model
from distill_core.events import Event, StepLogged
from distill_core.task import task_named
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.trainer import Trainer
from distill_core.vision.models import build

TRACEABLE, UNTRACEABLE = f"{__name__}:traceable", f"{__name__}:untraceable"
ANSWERS_THEN_LAYERS = {
    "terms": ["crd", "vid"],
    "phases": [
        {"name": "answers", "share": 0.5, "terms": {"kd": 1.0}},
        {"name": "layers", "share": 0.5, "terms": {"kd": 1.0, "crd": 1.0, "vid": 1.0}},
    ],
}
"""A teacher whose answers are kept, then one that is asked anew."""
ANSWERS_ALONE = {"phases": [{"name": "answers", "share": 1.0, "terms": {"kd": 1.0}}], "epochs": 1}


class Traceable(nn.Module):
    """With dropout and batch norm."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5))
        self.classifier = nn.Linear(8, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.classifier(self.pool(self.block(images)))
        return logits


class Untraceable(Traceable):
    """A branch keeps its batch norm from being folded away, so the model that is scored is the one that answers."""

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return super().forward(images if images.isfinite().all() else images.nan_to_num())


def traceable(channels: int, classes: int) -> nn.Module:
    return that_has_seen_images(Traceable(channels, classes), channels)


def untraceable(channels: int, classes: int) -> nn.Module:
    return that_has_seen_images(Untraceable(channels, classes), channels)


def that_has_seen_images(model: nn.Module, channels: int) -> nn.Module:
    """In training mode, as a function of one's own returns it."""
    model(torch.randn(64, channels, 8, 8))
    return model


@dataclass
class Watch:
    """What every forward of a model and of its modules looked like."""

    training: set[bool] = field(default_factory=set)
    with_gradient: set[bool] = field(default_factory=set)
    modes: set[tuple[bool, bool]] = field(default_factory=set)

    def over(self, model: nn.Module) -> Watch:
        for module in model.modules():
            module.register_forward_hook(self._look)
        return self

    def _look(self, module: nn.Module, _inputs: object, output: object) -> None:
        assert isinstance(output, Tensor)
        self.training.add(module.training)
        self.with_gradient.add(output.requires_grad)
        self.modes.add((torch.is_grad_enabled(), module.training))


def trainer_of(config: DistillConfig, heard: list[Event] | None = None, home: Path | None = None) -> Trainer:
    listener = heard.append if heard is not None else lambda _event: None
    return Trainer(config, task_named("vision"), listener, RunControl(), home=home)


@pytest.mark.parametrize(("teacher", "copies"), [(TRACEABLE, 3), (UNTRACEABLE, 1)], ids=["folded", "as it is"])
def test_the_teacher_is_frozen_in_every_forward_of_a_run_and_the_student_in_training_in_every_step(
    tiny_config: DistillConfig, teacher: str, copies: int
) -> None:
    trainer = trainer_of(tiny_config.changed({**ANSWERS_THEN_LAYERS, "teacher": teacher}))
    shop = trainer.shop
    assert shop.teacher is not None
    assert shop.answers is not None
    assert shop.live is not None
    faces = {id(model): model for model in (shop.teacher.model, shop.answers._teacher, shop.live.model)}.values()
    assert len(faces) == copies
    before = [{name: value.clone() for name, value in model.state_dict().items()} for model in faces]
    watches, student = [Watch().over(model) for model in faces], Watch().over(shop.student)

    assert trainer.run().status == "finished"

    for model, watch, state in zip(faces, watches, before, strict=True):
        assert watch.training == {False}
        assert watch.with_gradient == {False}
        assert all(parameter.grad is None for parameter in model.parameters())
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert student.modes == {(True, True), (False, False)}


def test_no_setting_is_changed_by_a_run_not_even_inside_its_terms_and_phases(tiny_config: DistillConfig) -> None:
    terms = [
        {"loss": "crd", "options": {"negatives": 64, "dimensions": 16}},
        {"loss": "dkd", "warmup": 0.5},
        {"loss": "hint"},
    ]
    phases = [
        {"name": "first", "share": 0.5, "terms": {"kd": 1.0, "dkd": 1.0}},
        {"name": "second", "share": 0.5, "temperature": [4, 2], "terms": {"crd": [1.0, 0.5], "hint": 1.0}},
    ]
    config = tiny_config.changed(
        {"teacher": TRACEABLE, "terms": terms, "phases": phases, "label_budget": None, "epochs": 1}
    )
    before = config.to_json()
    assert trainer_of(config).run().status == "finished"
    assert config.to_json() == before


@pytest.mark.slow
def test_two_runs_alive_at_once_share_no_memory_and_do_not_hear_each_other(tiny_config: DistillConfig) -> None:
    config = tiny_config.changed({**ANSWERS_THEN_LAYERS, "teacher": TRACEABLE, "draws": 1})
    alone: list[Event] = []
    first: list[Event] = []
    second: list[Event] = []
    trainer_of(config, alone).run()
    one, other = trainer_of(config, first), trainer_of(config.changed({"seed": 5}), second)
    memories = [
        {
            value.data_ptr()
            for module in (trainer.shop.student, trainer.shop.terms, trainer.shop.teacher.model)  # type: ignore[union-attr]
            for value in module.state_dict().values()
        }
        for trainer in (one, other)
    ]
    assert not memories[0] & memories[1]
    other.run()
    assert one.shop.answers is not None
    assert one.shop.answers.hit_rate is None
    one.run()
    assert points(first) == points(alone)
    assert points(second) != points(alone)


def points(events: list[Event]) -> list[object]:
    """What the logged points say, but for the times."""
    return [(e.step, e.terms, e.weighted, e.cache_hit_rate) for e in events if isinstance(e, StepLogged)]


@pytest.mark.slow
def test_answers_kept_for_one_augmentation_are_not_taken_for_another(
    tiny_config: DistillConfig, own_home: Path
) -> None:
    config = tiny_config.changed({**ANSWERS_ALONE, "teacher": TRACEABLE})
    assert [distill(config, home=own_home).cache_hit_rate for _ in range(2)] == [0, 1]
    for other in ({"crop_padding": 2}, {"flip": True}, {"augmentation_seed": 1}, {"randaugment": True}):
        assert distill(config.changed(other), home=own_home).cache_hit_rate == 0, other


def test_a_later_run_finds_for_each_draw_what_the_teacher_says_of_that_draw(
    tiny_config: DistillConfig, own_home: Path
) -> None:
    config = tiny_config.changed({**ANSWERS_ALONE, "teacher": TRACEABLE, "epochs": 2, "draws": 2})
    distill(config, home=own_home)
    shop = trainer_of(config, home=own_home).shop
    assert shop.answers is not None
    assert shop.teacher is not None
    said: list[Tensor] = []
    for draw in (0, 1):
        indices, draws = torch.arange(64), torch.full((64,), draw)
        shop.answers.prepare(draw, indices)
        said.append(shop.answers.at(indices, draws))
        asked = shop.teacher.model(shop.teacher.feed.augmented(indices, draws))
        torch.testing.assert_close(said[draw], asked, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(said[0], said[1])


def test_answers_kept_for_one_normalisation_are_not_taken_for_another(
    tiny_config: DistillConfig, own_home: Path, tmp_path: Path
) -> None:
    rates = []
    for mean in (0.1, 0.1, 0.2):
        config = tiny_config.changed({**ANSWERS_ALONE, "teacher": that_normalises_by(mean, tmp_path)})
        rates.append(distill(config, home=own_home).cache_hit_rate)
    assert rates == [0, 1, 0]


def test_a_teacher_of_another_normalisation_is_shown_the_students_images_normalised_its_own_way(
    tiny_config: DistillConfig, tmp_path: Path
) -> None:
    teacher = that_normalises_by(0.2, tmp_path)
    trainer = trainer_of(tiny_config.changed({**ANSWERS_THEN_LAYERS, "teacher": teacher}))
    shop, seen, indices, draws = trainer.shop, list[Tensor](), torch.arange(8), torch.zeros(8, dtype=torch.long)
    assert shop.answers is not None
    assert shop.live is not None
    for model in (shop.answers._teacher, shop.live.model, shop.student):
        model.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].clone()))
    shop.answers.prepare(0, indices)
    lesson_of(trainer.shop, trainer._shown(indices, draws, "layers"), 4.0)
    kept, live, student = seen
    facts = shop.data.facts
    expected = (student * facts.std[0] + facts.mean[0] - 0.2) / 0.5
    torch.testing.assert_close(kept, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(live, expected, rtol=1e-4, atol=1e-5)


def that_normalises_by(mean: float, folder: Path) -> str:
    """The folder of a teacher of the digits, the same but for its card's mean."""
    card = ModelCard(
        task="vision",
        architecture="resnet8-w2",
        classes=tuple("0123456789"),
        input_shape=(1, 8, 8),
        mean=(mean,),
        std=(0.5,),
        dataset="digits",
        parameters=0,
    )
    write_model(folder, card, build("resnet8-w2", 1, 10, 1).state_dict())
    return str(folder)
