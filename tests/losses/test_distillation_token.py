import math

import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.distillation_token import DistillationToken, hard_distillation_loss
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.soft_labels import soft_label_loss


def lesson(token: torch.Tensor | None, taught: torch.Tensor, temperature: float = 4.0) -> Lesson:
    layers = {} if token is None else {"distilled_classifier": token}
    rows = len(taught)
    return Lesson(
        torch.zeros_like(taught),
        torch.zeros(rows, dtype=torch.long),
        torch.zeros(rows, dtype=torch.bool),
        taught,
        temperature,
        student_layers=layers,
    )


def test_equals_a_number_worked_out_on_paper() -> None:
    # The teacher says class 1, then class 0; the student gives them 3/4 and 1/2.
    student = torch.tensor([[0.0, math.log(3.0)], [2.0, 2.0]])
    teacher = torch.tensor([[-5.0, 0.1], [9.0, 8.0]])
    loss = hard_distillation_loss(student, teacher)
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2, rel=1e-6)


def test_only_the_teachers_answer_counts_not_how_sure_it_is() -> None:
    student, teacher = torch.randn(4, 3), torch.randn(4, 3)
    assert hard_distillation_loss(student, teacher) == hard_distillation_loss(student, 100 * teacher)


def test_its_minimum_zero_is_reached_by_a_sure_student() -> None:
    logits = torch.tensor([[1e4, -1e4], [-1e4, 1e4]])
    assert hard_distillation_loss(logits, logits) == 0
    assert hard_distillation_loss(-logits, logits).isfinite()


def test_gradient_equals_finite_differences() -> None:
    student = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
    teacher = torch.randn(3, 4, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda s: hard_distillation_loss(s, teacher), (student,))


def test_the_token_is_taught_and_the_class_token_is_left_alone() -> None:
    torch.manual_seed(0)
    token, taught = torch.randn(4, 3), torch.randn(4, 3)
    hard = DistillationToken(Site())(lesson(token, taught))
    soft = DistillationToken(Site(), hard=False)(lesson(token, taught, temperature=3.0))
    assert hard == hard_distillation_loss(token, taught)
    assert soft == soft_label_loss(token, taught, 3.0)


def test_it_asks_for_the_tokens_layer_and_says_what_to_do_without() -> None:
    assert DistillationToken.extra_student_layers == ("distilled_classifier",)
    with pytest.raises(
        ConfigError, match=r"has no layer 'distilled_classifier'.*choose a student with one, or use 'kd'"
    ):
        DistillationToken(Site())(lesson(None, torch.randn(2, 3)))
    with pytest.raises(ValueError, match="differ in shape"):
        hard_distillation_loss(torch.zeros(2, 3), torch.zeros(2, 4))
