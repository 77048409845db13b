"""The teacher's choice as a label: values by hand, gradients, extremes, and what the term reads."""

from __future__ import annotations

import math

import pytest
import torch

from distill_core.losses.hard_labels import hard_label_loss
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.registry import make_term

STUDENT = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]], dtype=torch.float64)
TEACHER = torch.tensor([[0.1, 0.3, 0.2], [5.0, 1.0, 4.0]], dtype=torch.float64)


def by_hand(temperature: float) -> float:
    """The teacher chooses class 1, then class 0."""
    first = math.log(sum(math.exp(x / temperature) for x in (1, 2, 0))) - 2 / temperature
    second = math.log(sum(math.exp(x / temperature) for x in (0, 0, 3))) - 0 / temperature
    return temperature**2 * (first + second) / 2


@pytest.mark.parametrize("temperature", [1.0, 2.0, 7.5])
def test_it_equals_the_numbers_worked_out_by_hand(temperature: float) -> None:
    assert hard_label_loss(STUDENT, TEACHER, temperature).item() == pytest.approx(by_hand(temperature), rel=1e-12)


def test_only_the_teachers_choice_counts_not_how_sure_it_is() -> None:
    surer = torch.where(TEACHER.max(dim=1, keepdim=True).values == TEACHER, TEACHER + 50, TEACHER - 50)
    assert torch.equal(hard_label_loss(STUDENT, surer), hard_label_loss(STUDENT, TEACHER))


def test_gradients_are_right_and_reach_the_student_alone() -> None:
    student, teacher = STUDENT.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda logits: hard_label_loss(logits, teacher, 3.0), student)
    hard_label_loss(student, teacher).backward()
    assert teacher.grad is None


def test_identical_models_read_the_surprise_at_their_choice_and_certain_ones_nothing() -> None:
    expected = -TEACHER.log_softmax(1).max(dim=1).values.mean()
    torch.testing.assert_close(hard_label_loss(TEACHER, TEACHER), expected)
    assert hard_label_loss(1e4 * TEACHER, TEACHER).item() == 0


@pytest.mark.parametrize("classes", [2, 5])
def test_extreme_answers_stay_finite(classes: int) -> None:
    student = torch.full((3, classes), -1e4)
    student[:, 0] = 1e4
    student.requires_grad_()
    teacher = torch.zeros(3, classes)
    teacher[:, 1] = 1e4
    loss = hard_label_loss(student, teacher, 4.0)
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_wrong_shapes_and_temperatures_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        hard_label_loss(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="above 0, got 0"):
        hard_label_loss(torch.zeros(2, 3), torch.zeros(2, 3), 0.0)


def test_the_term_softens_only_when_asked_to_and_needs_no_label() -> None:
    lesson = Lesson(
        STUDENT, torch.full((2,), -100), torch.zeros(2, dtype=torch.bool), teacher_logits=TEACHER, temperature=2.0
    )
    assert make_term("hard", Site(), {})(lesson).item() == pytest.approx(by_hand(1.0))
    assert make_term("hard", Site(), {"softened": True})(lesson).item() == pytest.approx(by_hand(2.0))
