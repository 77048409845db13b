"""Images that go through the models a few at a time: the gradient is that of the whole batch, where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.events import Event, StepLogged, Warned
from distill_core.insight.foresight import refusals
from distill_core.losses.registry import LOSSES
from distill_core.runs.preflight import inspect
from distill_core.task import task_named
from distill_core.train import lessons, pieces
from distill_core.train.control import RunControl
from distill_core.train.trainer import Trainer, distill

INDICES = torch.arange(11)
DRAWS = torch.zeros_like(INDICES)
MICRO = 4
OF_VITS = {"vit-attention": "vit-32x1-p2", "deit": "deit-32x1-p2"}
RELATING = [name for name, info in LOSSES.items() if info.mean_over == "batch"]
ADDING_UP = [name for name, info in LOSSES.items() if info.mean_over != "batch" and info.of_images]


@pytest.fixture
def settings_of(kd_config: DistillConfig, vit_teacher: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings of a run with one loss alone, between CNNs or, where it takes them, ViTs."""
    monkeypatch.setattr(lessons, "_in_full", lambda layers: layers)
    config = kd_config.changed({"batch_size": len(INDICES), "label_budget": None})

    def settings(loss: str) -> DistillConfig:
        vits = {"teacher": vit_teacher, "student": OF_VITS[loss]} if loss in OF_VITS else {}
        return config.changed({"terms": {"ce": 0, "kd": 0, loss: 1}, **vits})

    return settings


def learnt(config: DistillConfig, double: bool = True) -> tuple[dict[str, Tensor], Trainer]:
    """The gradient of one step, in double precision unless asked otherwise, and the trainer after it.

    Batch norms stand still, as they do in evaluation: in training they see pieces, and say so.
    """
    trainer = Trainer(config, task_named("vision"), lambda _event: None, RunControl())
    shop, span = trainer.shop, trainer.shop.spans[0]
    shop.model = shop.student.eval()
    shop.terms.eval()
    if double:
        _in_double(trainer)
    shop.visible[:] = INDICES.new_zeros(len(shop.visible)).bool()
    shop.visible[torch.tensor([1, 2, 5])] = True
    shop.optimiser.step = lambda: None  # type: ignore[method-assign]
    names = [name for name, _ in shop.terms.named()]
    asks = shop.terms.asks(names)
    if asks == "logits" and config.augmentation.mixes:
        asks = "layers"
    if asks == "logits" and shop.answers:
        shop.answers.prepare(0, INDICES, lambda _done, _total: None, lambda: None)
    trainer._learn(span, INDICES, DRAWS, asks, shows_gradients=False)
    parts = {**dict(shop.student.named_parameters()), **dict(shop.terms.named_parameters(prefix="terms"))}
    return {name: each.grad.clone() for name, each in parts.items() if each.grad is not None}, trainer


def _in_double(trainer: Trainer) -> None:
    shop = trainer.shop
    assert shop.teacher is not None
    assert shop.answers is not None
    for model in (shop.student, shop.terms, shop.answers._teacher, *([shop.live.model] if shop.live else [])):
        model.double()
    for feed in (shop.feed, shop.teacher.feed):
        feed._normalised = lambda images, single=feed._normalised: single(images).double()  # type: ignore[attr-defined]


def distance(some: dict[str, Tensor], others: dict[str, Tensor]) -> float:
    """The length of the difference of two gradients, relative to that of the second."""
    assert some.keys() == others.keys()
    assert some
    apart = torch.stack([(one - others[name]).norm() for name, one in some.items()]).norm()
    return (apart / torch.stack([other.norm() for other in others.values()]).norm()).item()


@pytest.mark.parametrize("loss", ADDING_UP)
def test_a_loss_that_adds_up_has_the_gradient_of_the_whole_batch(settings_of: Any, loss: str) -> None:
    whole, before = learnt(settings_of(loss))
    in_pieces, after = learnt(settings_of(loss).changed({"micro_batch": MICRO}))
    assert distance(in_pieces, whole) < 1e-9
    assert after.progress.means.raw == pytest.approx(before.progress.means.raw, rel=1e-6)
    assert vars(after.progress.train_accuracy) == vars(before.progress.train_accuracy)


@pytest.mark.parametrize("loss", RELATING)
def test_a_loss_that_relates_the_inputs_of_a_batch_would_not(
    settings_of: Any, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = learnt(settings_of(loss), double=False)
    monkeypatch.setattr("distill_core.train.setup.check_micro_batch", lambda _config: None)
    counts = pieces._counts
    monkeypatch.setattr(pieces, "_counts", lambda batch: {**counts(batch), "batch": float(len(batch))})
    in_pieces, _ = learnt(settings_of(loss).changed({"micro_batch": MICRO}), double=False)
    assert distance(in_pieces, whole) > 1e-4


@pytest.mark.parametrize("loss", RELATING)
def test_and_is_refused_by_the_form_before_the_run_and_by_the_engine(
    settings_of: Any, loss: str, tmp_path: Path
) -> None:
    cut = settings_of(loss).changed({"micro_batch": MICRO})
    expected = f"micro_batch: {LOSSES[loss].title} ('{loss}') relates the inputs of a batch to each other"
    assert [sentence.startswith(expected) for sentence in refusals(cut)] == [True]
    for start in (lambda: inspect(cut, tmp_path), lambda: distill(cut)):
        with pytest.raises(ConfigError) as raised:
            start()
        assert str(raised.value) == refusals(cut)[0]
    assert refusals(cut.changed({"micro_batch": len(INDICES)})) == []
    unused = [{"name": "all", "share": 1, "terms": {"kd": 1}}, {"name": "none", "share": 0}]
    assert refusals(cut.changed({"phases": unused})) == []


@pytest.mark.parametrize("mixing", [{"mixup": 0.8}, {"cutmix": 1.0}])
def test_images_are_mixed_within_the_whole_batch(settings_of: Any, mixing: dict[str, float]) -> None:
    config = settings_of("kd").changed({"terms": [], "alpha": 0.5, **mixing})
    whole, before = learnt(config)
    in_pieces, after = learnt(config.changed({"micro_batch": MICRO}))
    assert distance(in_pieces, whole) < 1e-6  # the share is single precision
    assert after.progress.means.raw == pytest.approx(before.progress.means.raw, rel=1e-6)
    assert before.progress.means.raw["ce"] > 0


def test_pieces_are_as_equal_as_can_be() -> None:
    def sizes(inputs: int, micro: int | None) -> list[int]:
        batch = lessons.Batch(*(torch.zeros(inputs) for _ in range(5)))
        training = DistillConfig.parse({"micro_batch": micro}).training
        return [len(piece.batch) for piece in pieces.pieces_of(batch, training)]

    assert sizes(65, 16) == [13] * 5
    assert sizes(10, 4) == [4, 3, 3]
    assert sizes(10, 1) == [1] * 10
    assert sizes(10, 10) == sizes(10, None) == sizes(10, 64) == [10]


def warnings(config: DistillConfig) -> list[str]:
    heard: list[Event] = []
    Trainer(config, task_named("vision"), heard.append, RunControl())
    return [event.message for event in heard if isinstance(event, Warned)]


def test_who_trains_batch_norms_in_pieces_is_warned(kd_config: DistillConfig, vit_teacher: str) -> None:
    cut = kd_config.changed({"micro_batch": 10})
    assert warnings(kd_config) == warnings(kd_config.changed({"micro_batch": 32})) == []
    assert warnings(cut) == [
        "micro_batch = 10: the batch norms of this run see 8 inputs at a time, not the 32 of a batch, so its numbers "
        "are not those of whole batches"
    ]
    assert warnings(cut.changed({"student": "vit-32x1-p2"})) == []
    assert len(warnings(cut.changed({"student": "vit-32x1-p2", "terms": ["simkd"]}))) == 1


def test_batch_norms_are_never_left_a_single_input(kd_config: DistillConfig, tmp_path: Path) -> None:
    alone = kd_config.changed({"micro_batch": 1})
    expected = "micro_batch: 1 of a batch of 32 leaves batch norm single inputs"
    assert [sentence.startswith(expected) for sentence in refusals(alone)] == [True]
    for start in (lambda: inspect(alone, tmp_path), lambda: distill(alone)):
        with pytest.raises(ConfigError, match=expected):
            start()
    assert refusals(alone.changed({"student": "vit-32x1-p2"})) == []


@pytest.mark.slow
def test_a_run_in_pieces_resumes_as_if_never_stopped(kd_config: DistillConfig, tmp_path: Path) -> None:
    config = kd_config.changed({"micro_batch": 9, "mixup": 0.4, "terms": ["at"]})
    distill(config, folder=tmp_path / "whole")
    control = RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 10:
            control.stop()

    distill(config, on_event=stop, control=control, folder=tmp_path / "parts")
    distill(config, folder=tmp_path / "parts", resume=True)
    left, right = ((tmp_path / part / "last" / "weights.safetensors").read_bytes() for part in ("whole", "parts"))
    assert left == right


def test_pieces_belong_to_the_settings_of_a_run_and_of_its_baseline() -> None:
    config = DistillConfig()
    cut = config.changed({"micro_batch": 16})
    assert cut.fingerprint() != config.fingerprint()
    assert cut.baseline_config().training.micro_batch == 16
    assert config.changed({"micro_batch": None}).fingerprint() == config.fingerprint()
