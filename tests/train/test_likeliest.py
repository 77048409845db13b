"""What is kept of an answer, and that a student learns from it what it would learn from the whole one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill_core import DistillConfig, distill
from distill_core.config import Objective
from distill_core.errors import ConfigError
from distill_core.events import AnswersKept, Event
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.registry import make_term
from distill_core.losses.soft_labels import soft_label_loss
from distill_core.losses.truncated import tail_error, truncated_kl
from distill_core.task import DataFacts, Split, task_named
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.likeliest import LikeliestAnswers, how_kept
from distill_core.train.refusals import check_room, check_top_k
from distill_core.train.trainer import Trainer

COUNT, LENGTH, CLASSES = 30, 5, 11


class Table(nn.Module):
    """A teacher whose answers are looked up: a text's number is its first token; a draw shifts it."""

    def __init__(self, positions: bool) -> None:
        super().__init__()
        shape = (2 * COUNT, LENGTH, CLASSES) if positions else (2 * COUNT, CLASSES)
        self.answers = 3 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
        self.batches: list[int] = []

    def forward(self, numbers: Tensor) -> Tensor:
        self.batches.append(len(numbers))
        return self.answers[numbers]


class Numbers:
    """Inputs are their numbers; of draw 1 they lie COUNT higher."""

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:
        return indices + COUNT * draws

    def plain(self, indices: Tensor) -> Tensor:
        return indices


@pytest.fixture
def labels() -> Tensor:
    """Of texts of which one to five positions count, not always the first ones."""
    generator = torch.Generator().manual_seed(1)
    counts = torch.rand(COUNT, LENGTH, generator=generator) > 0.5
    counts[:, 2] = True
    return torch.where(counts, 3, -100)


def kept(labels: Tensor, k: int, temperature: float = 2.0, folder: Path | None = None, **more: Any) -> LikeliestAnswers:
    teacher = more.pop("teacher", None) or Table(labels.ndim > 1)
    objective = Objective(temperature=temperature, top_k=k)
    return LikeliestAnswers(teacher, Numbers(), labels, CLASSES, folder, objective, **more)


def whole(labels: Tensor, indices: Tensor, draws: Tensor) -> Tensor:
    """Every answer of the positions that count, row by row, worked out one at a time."""
    table, rows = Table(labels.ndim > 1).answers, []
    for index, draw in zip(indices.tolist(), draws.tolist(), strict=True):
        said = table[index + COUNT * draw]
        rows += [said[place] for place in range(LENGTH) if labels[index, place] >= 0] if labels.ndim > 1 else [said]
    return torch.stack(rows)


BATCH = torch.tensor([7, 0, 29, 7, 12])


@pytest.mark.parametrize("draws", [[0, 0, 0, 0, 0], [1, 0, 0, 0, 1]])
@pytest.mark.parametrize("texts", [True, False])
def test_keeps_the_likeliest_of_the_positions_that_count(labels: Tensor, texts: bool, draws: list[int]) -> None:
    labels = labels if texts else labels[:, 2]
    answers, of_draws = kept(labels, 3), torch.tensor(draws)
    answers.prepare(0, torch.arange(COUNT))
    answers.prepare(1, torch.arange(COUNT))
    said, logits = answers.taught(BATCH, of_draws), whole(labels, BATCH, of_draws).numpy() / 2
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    order = np.argsort(-shares, 1)
    assert said.indices.tolist() == order[:, :3].tolist()
    np.testing.assert_allclose(said.log_probabilities.exp(), -np.sort(-shares, 1)[:, :3], rtol=1e-5)
    np.testing.assert_allclose(said.log_tail.exp(), np.sort(shares, 1)[:, :-3].sum(1), rtol=1e-5)
    assert not torch.allclose(said.log_tail[:3], kept_of_other_draw(answers, BATCH, of_draws)[:3])


def kept_of_other_draw(answers: LikeliestAnswers, indices: Tensor, draws: Tensor) -> Tensor:
    return answers.taught(indices, 1 - draws).log_tail


@pytest.mark.parametrize("k", [1, 4, CLASSES])
def test_loss_and_gradient_are_those_of_whole_answers_within_the_stated_error(labels: Tensor, k: int) -> None:
    answers, draws, temperature = kept(labels, k), torch.zeros_like(BATCH), 2.0
    answers.prepare(0, torch.arange(COUNT))
    said, logits = answers.taught(BATCH, draws), whole(labels, BATCH, draws)
    student = torch.randn(logits.shape, generator=torch.Generator().manual_seed(2)).requires_grad_()
    ours = truncated_kl(student, said, temperature)
    p, q = (np.exp(each.detach().double().numpy() / temperature) for each in (logits, student))
    p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
    by_hand = temperature**2 * (p * np.log(p / q)).sum()
    gradients = [
        torch.autograd.grad(len(student) * loss, student)[0]
        for loss in (ours, soft_label_loss(student, logits, temperature))
    ]
    off = (gradients[0] - gradients[1]).abs().sum(dim=1)
    assert (off <= tail_error(said, temperature) + 1e-5).all()
    assert ours.item() <= by_hand / len(student) + 1e-6
    if k == CLASSES:
        assert ours.item() == pytest.approx(by_hand / len(student), rel=1e-5)
        assert off.max() < 1e-5
    else:
        assert off.max() > 0.1


def test_terms_read_what_is_kept(labels: Tensor) -> None:
    answers, draws = kept(labels, 4), torch.zeros_like(BATCH)
    answers.prepare(0, torch.arange(COUNT))
    said, logits = answers.taught(BATCH, draws), whole(labels, BATCH, draws)
    student = torch.randn(logits.shape, generator=torch.Generator().manual_seed(2))
    right, seen = torch.zeros(len(student), dtype=torch.int64), torch.zeros(len(student), dtype=torch.bool)
    dense = Lesson(student, right, seen, teacher_logits=logits, temperature=2.0)
    likeliest = Lesson(student, right, seen, kept=said, temperature=2.0)
    for softened in (True, False):
        term = make_term("hard", Site(), {"softened": softened})
        assert term(likeliest) == term(dense)
    assert torch.equal(likeliest.classes_to_teach(), dense.classes_to_teach())
    assert make_term("kd", Site(), {})(likeliest) == truncated_kl(student, said, 2.0)


def test_a_later_run_finds_what_was_kept_and_another_k_or_temperature_does_not(labels: Tensor, tmp_path: Path) -> None:
    first = kept(labels, 3, folder=tmp_path)
    first.prepare(0, torch.arange(COUNT))
    later = kept(labels, 3, folder=tmp_path)
    later.prepare(0, torch.arange(COUNT))
    assert later.forwards == 0
    draws = torch.zeros_like(BATCH)
    for one, other in zip(first.taught(BATCH, draws), later.taught(BATCH, draws), strict=True):
        assert torch.equal(one, other)
    split = Split(torch.zeros(COUNT, LENGTH, dtype=torch.int64), labels)
    other_text = Split(split.inputs + 1, labels)
    keys = {how_kept(Objective(temperature=t, top_k=k), split) for t in (1.0, 2.0) for k in (3, 4)}
    assert len(keys | {how_kept(Objective(temperature=1.0, top_k=3), other_text)}) == 5


@pytest.mark.parametrize("damage", ["not tensors", "of other texts"])
def test_a_damaged_file_is_warned_about_and_filled_again(labels: Tensor, tmp_path: Path, damage: str) -> None:
    warnings: list[str] = []
    if damage == "of other texts":
        kept(torch.full_like(labels, 1), 3, folder=tmp_path).prepare(0, torch.arange(COUNT))
    else:
        (tmp_path / "draw-0.safetensors").write_bytes(b"not tensors")
    answers = kept(labels, 3, folder=tmp_path, warn=warnings.append)
    answers.prepare(0, torch.arange(COUNT))
    assert answers.forwards == COUNT
    assert len(warnings) == 1
    assert "damaged" in warnings[0]


def test_a_large_vocabulary_is_answered_in_small_batches(labels: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill_core.train.likeliest._LOGITS_AT_ONCE", 7 * LENGTH * CLASSES)
    teacher = Table(True)
    kept(labels, 3, teacher=teacher).prepare(0, torch.arange(COUNT))
    assert teacher.batches == [7, 7, 7, 7, 2]


class Picky(Table):
    """A teacher that can be asked about some positions alone."""

    def forward(self, rows: Tensor, where: Tensor | None = None) -> Tensor:
        said = super().forward(rows)
        return said if where is None else said[where]


def test_a_teacher_that_can_answers_the_positions_that_count_alone(labels: Tensor) -> None:
    ones, everything = torch.zeros(COUNT, dtype=torch.int64), torch.arange(COUNT)
    plain, picky = kept(labels, 3), kept(labels, 3, teacher=Picky(True))
    for answers in (plain, picky):
        answers.prepare(0, everything)
    for one, other in zip(plain.taught(everything, ones), picky.taught(everything, ones), strict=True):
        assert torch.equal(one, other)


def test_whole_answers_that_would_fill_the_memory_are_refused() -> None:
    config = DistillConfig(task="language", teacher="t", student="s")
    large, small = (DataFacts("x", ("",) * tokens, (96,), (), (), "") for tokens in (49_152, 100))
    with pytest.raises(ConfigError, match=r"take 4\.5 GB; keep the likeliest of each alone, such as top_k=64"):
        check_room(config, 240, large)
    check_room(config, 20_000, small)
    layers_alone = {"alpha": 0, "terms": [{"loss": "hint"}]}
    for settings in ({"top_k": 64}, {"teacher": None}, {"draws": 0}, layers_alone):
        check_room(config.changed(settings), 240, large)
    check_room(config, 240, DataFacts("x", ("",) * 1000, (3, 224, 224), (0.5,), (0.5,), ""))


def test_says_how_much_the_rest_holds_of_the_answers_it_has(labels: Tensor) -> None:
    answers = kept(labels, 3)
    assert answers.summary is None
    some = torch.tensor([3, 8])
    answers.prepare(0, some)
    logits = whole(labels, some, torch.zeros_like(some))
    tails = (logits / 2).softmax(1).sort(dim=1).values[:, :-3].sum(1)
    said = answers.summary
    assert said is not None
    assert (said.kept, said.classes) == (3, CLASSES)
    assert said.tail == pytest.approx(tails.mean().item(), rel=1e-5)
    assert said.largest_tail == pytest.approx(tails.max().item(), rel=1e-5)
    assert said.error == pytest.approx(2 * 2.0 * tails.max().item(), rel=1e-5)


def test_a_large_rest_is_warned_of(labels: Tensor) -> None:
    answers = kept(labels, 3)
    summary = AnswersKept(3, CLASSES, tail=0.97, largest_tail=0.99, error=3.9)
    assert answers.doubt(summary) == (
        f"At temperature 2 the 3 likeliest of {CLASSES} hold only 3% of an answer, so the student learns little of it. "
        "Take a lower temperature, such as 1, or keep more (top_k)."
    )
    assert answers.doubt(replace(summary, tail=0.4)) is None


def test_plain_answers_that_choose_a_pool_stay_whole() -> None:
    answers = kept(torch.zeros(COUNT, dtype=torch.int64), 2)
    torch.testing.assert_close(answers.plain(), Table(False).answers[:COUNT])
    assert answers.summary is None


# In runs


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"top_k": 11}, "top_k: got 11, but there are 10 to keep of"),
        ({"terms": ["rkl"]}, r"Reverse KL \('rkl'\) reads the teacher's whole answers, and only the 3 likeliest of 10"),
        ({"terms": ["dkd"]}, "'dkd'"),
        ({"terms": ["ofa"]}, "'ofa'"),
        ({"draws": 0}, "draws=0 makes the teacher answer every batch anew"),
        ({"mixup": 0.5}, "mixup and cutmix make"),
        (
            {"phases": [{"name": "a", "share": 1, "temperature": [8, 4]}]},
            r"kept at temperature 4, but phase 'a' has \[8.0, 4.0\]; another temperature cannot be had",
        ),
        ({"phases": [{"name": "a", "share": 1, "temperature": 2}]}, "phase 'a' has 2"),
    ],
)
def test_what_needs_more_than_is_kept_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_top_k(DistillConfig.parse({"top_k": 3}).changed(settings), 10)


@pytest.mark.parametrize(
    "settings",
    [
        {"terms": ["hard", "hint", "at"]},
        {"phases": [{"name": "a", "share": 1, "temperature": [4, 4]}]},
        {"phases": [{"name": "a", "share": 1}, {"name": "b", "share": 0, "temperature": 2}]},
        {"top_k": 10},
        {"top_k": 1000, "teacher": None},
        {"top_k": None, "terms": ["rkl"]},
    ],
)
def test_what_is_kept_is_enough_for_the_others(settings: dict[str, Any]) -> None:
    check_top_k(DistillConfig.parse({"top_k": 3}).changed(settings), 10)


def test_all_classes_kept_train_the_student_that_whole_answers_train(kd_config: DistillConfig) -> None:
    config = kd_config.changed({"epochs": 2})
    dense, likeliest = distill(config), distill(config.changed({"top_k": 10}))
    assert dense.student is not None
    assert likeliest.student is not None
    assert likeliest.student.loss == pytest.approx(dense.student.loss, rel=1e-3)
    assert dense.answers_kept is None


def test_a_run_says_once_what_is_kept_and_its_result_says_it_of_all(kd_config: DistillConfig, tmp_path: Path) -> None:
    config, heard = kd_config.changed({"top_k": 2, "epochs": 2}), list[Event]()
    result = distill(config, on_event=heard.append, home=tmp_path)
    (said,) = [event for event in heard if isinstance(event, AnswersKept)]
    assert (said.kept, said.classes) == (2, 10)
    assert result.answers_kept is not None
    assert result.answers_kept["largest_tail"] >= said.largest_tail > said.tail > 0
    again = distill(config, home=tmp_path)
    assert again.teacher_forwards == 0
    assert again.answers_kept == result.answers_kept
    assert again.student == result.student
    assert distill(config.changed({"top_k": 3}), home=tmp_path).teacher_forwards > 0


def test_a_step_that_reads_layers_cuts_down_what_the_teacher_says_anew(kd_config: DistillConfig) -> None:
    config = kd_config.changed({"top_k": 2, "terms": {"hint": 0.01}})
    trainer = Trainer(config, task_named("vision"), lambda _event: None, RunControl())
    indices = torch.arange(8)
    assert trainer.shop.answers is not None
    trainer.shop.answers.prepare(0, indices)
    kept, anew = (
        lesson_of(trainer.shop, trainer._shown(indices, torch.zeros_like(indices), asks), 4.0)
        for asks in ("logits", "layers")
    )
    assert anew.teacher_layers
    assert kept.teacher_logits is None
    assert anew.teacher_logits is None
    assert kept.kept is not None
    assert anew.kept is not None
    for one, other in zip(kept.kept, anew.kept, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_the_baseline_keeps_nothing_of_it() -> None:
    config = DistillConfig.parse({"top_k": 3})
    assert config.baseline_config().fingerprint() == DistillConfig().baseline_config().fingerprint()
    assert config.fingerprint() != DistillConfig().fingerprint()
