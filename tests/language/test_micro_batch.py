"""Texts that go through the models a few at a time: the gradient is that of the whole batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from distill_core.cards import WEIGHTS
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.events import Event, StepLogged
from distill_core.runs.preflight import inspect
from distill_core.task import Data, task_named
from distill_core.train import lessons, pieces
from distill_core.train.control import RunControl
from distill_core.train.trainer import Trainer, distill

INDICES = torch.arange(7)
MICRO = 3
SIZES = [3, 2, 2]
ADDING_UP: dict[str, Any] = {
    "ce": {"terms": {"ce": 1, "kd": 0}},
    "kd": {"terms": {"ce": 0, "kd": 1}},
    "kd and ce": {},
    "kd from the likeliest": {"terms": {"ce": 0, "kd": 1}, "top_k": 5},
    **{
        name: {"terms": {"ce": 0, "kd": 0, name: 1}}
        for name in ("hard", "kd-std", "dkd", "rkl", "jsd", "skl", "hint", "relations", "vit-attention")
    },
    "all at once": {"terms": ["hard", "rkl", "hint", "relations", "vit-attention"]},
}


@pytest.fixture
def few_labels(skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch) -> DistillConfig:
    """Of a run in double precision, of whose `INDICES` two have a label: one in the first piece, one in the second."""
    monkeypatch.setattr(lessons, "_in_full", lambda layers: layers)
    return config.changed({"batch_size": len(INDICES)})


def made(config: DistillConfig) -> Trainer:
    trainer = Trainer(config, task_named("language"), lambda _event: None, RunControl())
    shop = trainer.shop
    shop.model = shop.student.double()
    shop.terms.double()
    if shop.live:
        shop.live.model.double()
    shop.visible[:] = False
    shop.visible[torch.tensor([1, 4])] = True
    shop.optimiser.step = lambda: None  # type: ignore[method-assign]
    return trainer


def learnt(config: DistillConfig, **changes: object) -> tuple[dict[str, Tensor], Trainer]:
    """The gradient of one step, and the trainer after it."""
    trainer = made(config.changed(changes))
    shop, span = trainer.shop, trainer.shop.spans[0]
    asks = shop.terms.asks([name for name, _ in shop.terms.named()])
    draws = torch.zeros_like(INDICES)
    if asks == "logits" and shop.answers and not shop.on_policy:
        shop.answers.prepare(0, INDICES, lambda _done, _total: None, lambda: None)
    trainer._learn(span, INDICES, draws, asks, shows_gradients=True)
    parts = {**dict(shop.student.named_parameters()), **dict(shop.terms.named_parameters(prefix="terms"))}
    return {name: each.grad.clone() for name, each in parts.items() if each.grad is not None}, trainer


def distance(some: dict[str, Tensor], others: dict[str, Tensor]) -> float:
    """The largest difference between two gradients, relative to the largest entry of each of their parts."""
    assert some.keys() == others.keys()
    assert some
    return max(
        ((one - others[name]).abs().max() / others[name].abs().max().clamp(min=1e-12)).item()
        for name, one in some.items()
    )


def mean_of_means(_batch: object, training: object) -> Any:
    """What a loop does that divides each piece's mean by the number of pieces."""
    real = list(pieces.pieces_of(_batch, training))  # type: ignore[arg-type]
    return [pieces.Piece(piece.batch, dict.fromkeys(piece.shares, 1 / len(real))) for piece in real]


@pytest.mark.parametrize("settings", ADDING_UP.values(), ids=ADDING_UP.keys())
def test_three_unequal_pieces_give_gradient_terms_and_accuracy_of_the_whole_batch(
    few_labels: DistillConfig, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = few_labels.changed({**settings, "gradient_shares": True})
    whole, before = learnt(config)
    in_pieces, after = learnt(config, micro_batch=MICRO)
    assert distance(in_pieces, whole) < 1e-9
    assert after.progress.means.raw == pytest.approx(before.progress.means.raw, rel=1e-6)
    assert after.progress.gradients == pytest.approx(before.progress.gradients, rel=1e-5)
    assert vars(after.progress.train_accuracy) == vars(before.progress.train_accuracy)
    assert before.progress.train_accuracy.seen > 0

    monkeypatch.setattr("distill_core.train.trainer.pieces_of", mean_of_means)
    naive, _ = learnt(config, micro_batch=MICRO)
    assert distance(naive, whole) > 1e-3


def test_pieces_differ_in_positions_and_one_has_no_label(few_labels: DistillConfig) -> None:
    trainer = made(few_labels.changed({"micro_batch": MICRO}))
    batch = trainer._shown(INDICES, torch.zeros_like(INDICES), "logits")
    parts = list(pieces.pieces_of(batch, trainer.config.training))
    assert [len(part.batch) for part in parts] == SIZES
    assert torch.equal(torch.cat([part.batch.inputs for part in parts]), batch.inputs)
    assert torch.equal(torch.cat([part.batch.indices for part in parts]), INDICES)
    assert len({part.shares["positions"] for part in parts}) == 3
    assert parts[2].shares["labels"] == 0
    for what in ("positions", "labels"):
        assert sum(part.shares[what] for part in parts) == pytest.approx(1)


def test_a_piece_without_anything_to_predict_is_left_out(few_labels: DistillConfig) -> None:
    trainer = made(few_labels.changed({"micro_batch": MICRO, "terms": {"ce": 0, "kd": 0, "hint": 1}}))
    trainer.shop.data.train.labels[INDICES[3:5]] = -100
    batch = trainer._shown(INDICES, torch.zeros_like(INDICES), "layers")
    parts = list(pieces.pieces_of(batch, trainer.config.training))
    assert [part.batch.indices.tolist() for part in parts] == [[0, 1, 2], [5, 6]]
    trainer._learn(trainer.shop.spans[0], INDICES, torch.zeros_like(INDICES), "layers", shows_gradients=False)
    assert all(torch.tensor(value).isfinite() for value in trainer.progress.means.raw.values())


def test_no_more_than_the_given_number_of_texts_go_through_either_model(few_labels: DistillConfig) -> None:
    trainer = made(few_labels.changed({"micro_batch": MICRO, "terms": ["hint"]}))
    shop, seen = trainer.shop, []
    assert shop.live is not None
    for model in (shop.student, shop.live.model):
        model.register_forward_pre_hook(lambda _module, inputs: seen.append(len(inputs[0])))
    trainer._learn(shop.spans[0], INDICES, torch.zeros_like(INDICES), "layers", shows_gradients=False)
    assert sorted(seen) == sorted(2 * SIZES)


def test_the_students_own_texts_are_those_of_the_whole_batch(few_labels: DistillConfig) -> None:
    config = few_labels.changed({"on_policy": 1})
    whole, before = learnt(config)
    in_pieces, after = learnt(config, micro_batch=MICRO)
    assert distance(in_pieces, whole) < 1e-9
    assert after.progress.means.raw == pytest.approx(before.progress.means.raw, rel=1e-6)
    assert before.progress.means.raw["kd"] > 0


def test_clipping_is_of_the_whole_gradient(few_labels: DistillConfig) -> None:
    whole, _ = learnt(few_labels, clip_norm=0.01)
    in_pieces, _ = learnt(few_labels, clip_norm=0.01, micro_batch=MICRO)
    assert distance(in_pieces, whole) < 1e-6
    assert torch.stack([each.norm() for each in whole.values()]).norm().item() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.slow
def test_a_whole_run_ends_as_one_without_pieces_but_for_rounding(skills: Data, config: DistillConfig) -> None:
    def logged(config: DistillConfig) -> list[dict[str, float]]:
        heard: list[Event] = []
        distill(config, on_event=heard.append)
        return [event.terms for event in heard if isinstance(event, StepLogged)]

    whole, in_pieces = logged(config), logged(config.changed({"micro_batch": 7}))
    assert len(whole) > 5
    for one, other in zip(in_pieces, whole, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"on_policy": 0.5, "terms": ["hint"]}], ids=["plain", "own texts and layers"])
def test_a_resumed_run_equals_one_never_stopped(
    skills: Data, config: DistillConfig, tmp_path: Path, settings: dict[str, object]
) -> None:
    config = config.changed({"micro_batch": 7, **settings})
    distill(config, folder=tmp_path / "whole")
    control = RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 5:
            control.stop()

    distill(config, on_event=stop, control=control, folder=tmp_path / "parts")
    distill(config, folder=tmp_path / "parts", resume=True)
    left, right = ((tmp_path / part / "last" / WEIGHTS).read_bytes() for part in ("whole", "parts"))
    assert left == right


def test_correlations_over_a_batch_cannot_be_cut(skills: Data, config: DistillConfig, tmp_path: Path) -> None:
    cut = config.changed({"terms": ["dist"], "micro_batch": 2})
    for start in (made, lambda config: inspect(config, tmp_path)):
        with pytest.raises(ConfigError, match=r"micro_batch: Correlations \(DIST\) \('dist'\) relates the inputs"):
            start(cut)
    made(cut.changed({"micro_batch": cut.training.batch_size}))
