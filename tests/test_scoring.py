"""How near two models' answers are, position by position."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill_core.scoring import EVALUATION_BATCH, closeness

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
