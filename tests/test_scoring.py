"""How near two models' answers are, position by position."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill_core.scoring import EVALUATION_BATCH, LOGITS_AT_ONCE, MOST_CLASSES, closeness, right_by_class, rows_at_once

POSITIONS, CLASSES = 4, 7


class Table(nn.Module):
    """Answers with the logits it was given, one row `[L, C]` for each number."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits
        self.dropout = nn.Dropout(0.9)  # would change every answer in training mode

    def forward(self, rows: Tensor) -> Tensor:
        answer: Tensor = self.dropout(self.logits[rows])
        return answer


class Numbers:
    def plain(self, indices: Tensor) -> Tensor:
        return indices

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:
        raise AssertionError("a comparison takes inputs as they are")


@pytest.fixture
def labels() -> Tensor:
    drawn = torch.Generator().manual_seed(0)
    return torch.randint(-1, 2, (EVALUATION_BATCH + 30, POSITIONS), generator=drawn)


def table(seed: int, rows: int) -> Table:
    return Table(torch.randn(rows, POSITIONS, CLASSES, generator=torch.Generator().manual_seed(seed)))


def test_it_is_the_mean_divergence_of_the_positions_that_count(labels: Tensor) -> None:
    student, teacher = table(1, len(labels)), table(2, len(labels))
    found = closeness((student, Numbers()), (teacher, Numbers()), labels, torch.arange(len(labels)))
    assert found is not None
    counted = (labels >= 0).numpy()
    q, p = (np.exp(model.logits.numpy().astype(np.float64))[counted] for model in (student, teacher))
    q, p = q / q.sum(axis=1, keepdims=True), p / p.sum(axis=1, keepdims=True)
    assert found.kl == pytest.approx((p * np.log(p / q)).sum(axis=1).mean(), rel=1e-5)
    assert found.agreement == pytest.approx((p.argmax(axis=1) == q.argmax(axis=1)).mean())


def test_some_inputs_alone_are_compared(labels: Tensor) -> None:
    """A student that is its teacher on every third input and elsewhere is not."""
    student, teacher = table(1, len(labels)), table(2, len(labels))
    same = torch.arange(0, len(labels), 3)
    student.logits[same] = teacher.logits[same]
    others = torch.tensor([row for row in range(len(labels)) if row % 3])
    near = closeness((student, Numbers()), (teacher, Numbers()), labels, same)
    far = closeness((student, Numbers()), (teacher, Numbers()), labels, others)
    assert near is not None
    assert near.kl == pytest.approx(0, abs=1e-7)
    assert far is not None
    assert far.kl > 0.1
    assert closeness((student, Numbers()), (teacher, Numbers()), torch.full_like(labels, -100), same) is None


def test_a_student_that_is_its_teacher_differs_by_nothing(labels: Tensor) -> None:
    one = table(1, len(labels))
    found = closeness((one, Numbers()), (one, Numbers()), labels, torch.arange(len(labels)))
    assert found is not None
    assert found.kl == pytest.approx(0, abs=1e-7)
    assert found.agreement == 1


def test_both_models_stay_in_the_mode_they_were_in_and_it_can_be_ended(labels: Tensor) -> None:
    student, teacher = table(1, len(labels)), table(2, len(labels)).eval()

    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        closeness((student, Numbers()), (teacher, Numbers()), labels, torch.arange(len(labels)), end)
    closeness((student, Numbers()), (teacher, Numbers()), labels, torch.arange(len(labels)))
    assert student.training
    assert not teacher.training


class Reads(nn.Module):
    """Token ids -> logits of a table; can be asked for some positions alone."""

    def __init__(self, can: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 11, _weight=torch.randn(11, 11, generator=torch.Generator().manual_seed(2)))
        self.given: list[int] = []
        if can:
            self.forward = self.some  # type: ignore[method-assign]

    def forward(self, ids: Tensor) -> Tensor:
        return self.table(ids)

    def some(self, ids: Tensor, where: Tensor | None = None) -> Tensor:
        logits = self.table(ids) if where is None else self.table(ids[where])
        self.given.append(logits.numel())
        return logits


class Texts:
    def __init__(self, ids: Tensor) -> None:
        self.ids = ids

    def plain(self, rows: Tensor) -> Tensor:
        return self.ids[rows]


@pytest.mark.parametrize("can", [True, False])
def test_texts_compared_in_pieces_are_as_near_as_compared_at_once(can: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 11, (40, 6), generator=random)
    labels = torch.where(torch.rand(40, 6, generator=random) < 0.4, ids, -100)
    student, teacher = Reads(can), Reads(can)
    teacher.table.weight.data = teacher.table.weight.data.roll(1, 0)
    rows, sides = torch.arange(40), ((student, Texts(ids)), (teacher, Texts(ids)))
    whole = closeness(*sides, labels, rows, classes=11)
    monkeypatch.setattr("distill_core.scoring.LOGITS_AT_ONCE", 3 * 6 * 11)
    student.given.clear()
    few = closeness(*sides, labels, rows, classes=11)
    assert whole is not None
    assert few is not None
    assert few.kl == pytest.approx(whole.kl, rel=1e-5)
    assert few.agreement == whole.agreement
    assert not can or max(student.given) <= 3 * 6 * 11


def test_so_few_texts_are_read_at_once_that_their_logits_fit() -> None:
    assert rows_at_once(torch.zeros(1000, 96), 49_152) * 96 * 49_152 <= LOGITS_AT_ONCE
    assert rows_at_once(torch.zeros(1000, 4096), 200_000) == 1
    assert rows_at_once(torch.zeros(1000), 10) == EVALUATION_BATCH


def test_each_class_has_its_share_of_right_answers_and_one_without_inputs_has_none() -> None:
    labels, said = torch.tensor([0, 0, 0, 2, 2]), torch.tensor([0, 1, 0, 2, 0])
    assert right_by_class(said, labels, 4) == (pytest.approx(2 / 3), None, 0.5, None)


def test_of_too_many_classes_nothing_is_told() -> None:
    labels = torch.tensor([0, 1])
    assert right_by_class(labels, labels, MOST_CLASSES + 1) == ()
    assert len(right_by_class(labels, labels, MOST_CLASSES)) == MOST_CLASSES
