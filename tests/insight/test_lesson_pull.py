"""Gradients on logits: by hand, by differences, and as torch has them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from distill_core.insight.lesson_pull import label_gradient, pull, teacher_gradient

STUDENT = np.array([[0.3, -1.2, 2.0], [0.0, 0.5, -0.5], [1.5, 1.0, -2.0]])
TEACHER = np.array([[1.0, 0.0, 4.0], [2.0, -1.0, 0.5], [0.2, 3.0, -1.0]])
LABELS, LABELLED = np.array([2, 0, 1]), np.array([True, False, True])


def test_the_teachers_gradient_of_two_classes_is_the_one_on_paper() -> None:
    student, teacher = np.zeros((1, 2)), np.array([[2 * math.log(3), 0.0]])  # at T = 2: 1/2, 1/2 and 3/4, 1/4
    assert teacher_gradient(student, teacher, 2.0, squared=False) == pytest.approx(np.array([[-0.125, 0.125]]))
    assert teacher_gradient(student, teacher, 2.0, squared=True) == pytest.approx(np.array([[-0.5, 0.5]]))


def test_the_labels_gradient_is_the_mean_over_those_that_may_be_seen() -> None:
    logits = np.zeros((2, 2))
    both = label_gradient(logits, np.array([0, 1]), np.array([True, True]))
    one = label_gradient(logits, np.array([0, 1]), np.array([True, False]))
    none = label_gradient(logits, np.array([0, 1]), np.array([False, False]))
    assert both.tolist() == [[-0.25, 0.25], [0.25, -0.25]]
    assert one.tolist() == [[-0.5, 0.5], [0.0, 0.0]]
    assert none.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 20.0])
def test_both_gradients_are_those_of_the_losses_that_train(temperature: float) -> None:
    torch = pytest.importorskip("torch")
    from distill_core.losses.soft_labels import label_loss, soft_label_loss

    student = torch.tensor(STUDENT, requires_grad=True)
    (soft,) = torch.autograd.grad(soft_label_loss(student, torch.tensor(TEACHER), temperature), student)
    (hard,) = torch.autograd.grad(label_loss(student, torch.tensor(LABELS), torch.tensor(LABELLED)), student)
    assert teacher_gradient(STUDENT, TEACHER, temperature, squared=True) == pytest.approx(soft.numpy(), abs=1e-12)
    assert label_gradient(STUDENT, LABELS, LABELLED) == pytest.approx(hard.numpy(), abs=1e-12)


def test_without_the_square_the_teachers_pull_is_a_part_in_t_squared() -> None:
    settings = {"temperature": 20.0, "alpha": 0.9}
    both = [pull(STUDENT, TEACHER, LABELS, LABELLED, squared=squared, **settings) for squared in (True, False)]
    assert both[0].teacher / both[1].teacher == pytest.approx(400)
    assert both[0].labels == both[1].labels


def test_alpha_shares_the_pull() -> None:
    alone = [pull(STUDENT, TEACHER, LABELS, LABELLED, temperature=4.0, alpha=alpha) for alpha in (0.0, 1.0)]
    assert [each.share for each in alone] == [0.0, 1.0]
    half = pull(STUDENT, TEACHER, LABELS, LABELLED, temperature=4.0, alpha=0.5)
    assert (half.teacher, half.labels) == pytest.approx((alone[1].teacher / 2, alone[0].labels / 2))
    assert pull(STUDENT, TEACHER, LABELS, ~LABELLED & False, temperature=4.0, alpha=0.0).share == 0.0
