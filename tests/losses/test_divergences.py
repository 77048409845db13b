import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.divergences import (
    JensenShannon,
    ReverseKL,
    SkewedKL,
    jensen_shannon_loss,
    reverse_kl_loss,
    skewed_kl_loss,
)
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.registry import make_term
from distill_core.losses.soft_labels import soft_label_loss

LOSSES: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "reverse": reverse_kl_loss,
    "jsd 0": lambda s, t, temperature: jensen_shannon_loss(s, t, temperature, 0),
    "jsd 0.001": lambda s, t, temperature: jensen_shannon_loss(s, t, temperature, 1e-3),
    "jsd 0.1": lambda s, t, temperature: jensen_shannon_loss(s, t, temperature, 0.1),
    "jsd 0.5": jensen_shannon_loss,
    "jsd 0.9": lambda s, t, temperature: jensen_shannon_loss(s, t, temperature, 0.9),
    "jsd 1": lambda s, t, temperature: jensen_shannon_loss(s, t, temperature, 1),
    "skewed": skewed_kl_loss,
    "skewed 0.9": lambda s, t, temperature: skewed_kl_loss(s, t, temperature, 0.9),
    "skewed reverse": lambda s, t, temperature: skewed_kl_loss(s, t, temperature, reverse=True),
    "skewed reverse 0.9": lambda s, t, temperature: skewed_kl_loss(s, t, temperature, 0.9, reverse=True),
}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def softened(logits: np.ndarray, temperature: float) -> np.ndarray:
    e = np.exp(logits / temperature)
    return e / e.sum(1, keepdims=True)


def kl(p: np.ndarray, q: np.ndarray) -> float:
    return float((p * np.log(p / q)).sum(1).mean())


def numbers(classes: int = 7) -> tuple[np.ndarray, np.ndarray]:
    student, teacher = np.random.default_rng(0).normal(size=(2, 5, classes)) * 2
    return student, teacher


# Two classes, teacher (3/4, 1/4), student (1/2, 1/2), temperature 1; half of each is (5/8, 3/8).
ON_PAPER = {
    "reverse": 0.5 * math.log(2 / 3) + 0.5 * math.log(2),
    "jsd 0": 0.75 * math.log(3 / 2) + 0.25 * math.log(1 / 2),
    "jsd 0.5": 2 * (0.75 * math.log(6 / 5) + 0.25 * math.log(2 / 3) + 0.5 * math.log(4 / 5) + 0.5 * math.log(4 / 3)),
    "jsd 1": 0.5 * math.log(2 / 3) + 0.5 * math.log(2),
    # 0.1 teacher and 0.9 student: (0.525, 0.475); the other way round: (0.725, 0.275).
    "skewed": 0.75 * math.log(0.75 / 0.525) + 0.25 * math.log(0.25 / 0.475),
    "skewed reverse": 0.5 * math.log(0.5 / 0.725) + 0.5 * math.log(0.5 / 0.275),
}


@pytest.mark.parametrize("name", ON_PAPER)
def test_two_classes_equal_numbers_worked_out_on_paper(name: str) -> None:
    loss = LOSSES[name](torch.zeros(1, 2), torch.tensor([[math.log(3.0), 0.0]]), 1.0)
    assert loss.item() == pytest.approx(ON_PAPER[name], abs=2e-7)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("classes", [2, 7])
def test_reverse_kl_equals_the_formula_in_numpy(temperature: float, classes: int) -> None:
    student, teacher = numbers(classes)
    expected = temperature**2 * kl(softened(student, temperature), softened(teacher, temperature))
    loss = reverse_kl_loss(torch.tensor(student), torch.tensor(teacher), temperature)
    assert loss.item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("beta", [1e-3, 0.1, 0.5, 0.7, 0.9, 0.999])
def test_jensen_shannon_equals_the_papers_formula_in_numpy_divided(temperature: float, beta: float) -> None:
    # Eq. 1 of 2306.13649 with P the teacher and Q the student.
    student, teacher = numbers()
    q, p = softened(student, temperature), softened(teacher, temperature)
    mixture = beta * p + (1 - beta) * q
    published = beta * kl(p, mixture) + (1 - beta) * kl(q, mixture)
    loss = jensen_shannon_loss(torch.tensor(student), torch.tensor(teacher), temperature, beta)
    assert loss.item() == pytest.approx(temperature**2 * published / (beta * (1 - beta)), rel=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("skew", [0.1, 0.4, 0.6, 0.9])
def test_skewed_kl_equals_the_formula_in_numpy_both_ways(temperature: float, skew: float) -> None:
    student, teacher = numbers()
    q, p = softened(student, temperature), softened(teacher, temperature)
    tensors = torch.tensor(student), torch.tensor(teacher)
    forward = temperature**2 * kl(p, skew * p + (1 - skew) * q)
    backward = temperature**2 * kl(q, skew * q + (1 - skew) * p)
    assert skewed_kl_loss(*tensors, temperature, skew).item() == pytest.approx(forward, rel=1e-9)
    assert skewed_kl_loss(*tensors, temperature, skew, reverse=True).item() == pytest.approx(backward, rel=1e-9)


@every_loss
def test_is_averaged_over_the_batch_and_not_over_the_classes(loss: Callable[..., Tensor]) -> None:
    student, teacher = torch.randn(5, 7).double(), torch.randn(5, 7).double()
    once = loss(student, teacher, 3.0)
    torch.testing.assert_close(loss(student.repeat(2, 1), teacher.repeat(2, 1), 3.0), once)
    never = torch.full((5, 100), -1e3).double()
    torch.testing.assert_close(loss(torch.cat([student, never], 1), torch.cat([teacher, never], 1), 3.0), once)


@every_loss
@pytest.mark.parametrize("classes", [2, 7])
def test_is_zero_without_gradient_where_identical_and_positive_elsewhere(
    loss: Callable[..., Tensor], classes: int
) -> None:
    torch.manual_seed(classes)
    teacher = torch.randn(4, classes).double()
    student = (teacher + 3.0).requires_grad_()
    same = loss(student, teacher, 2.0)
    same.backward()
    assert same.item() == pytest.approx(0, abs=1e-12)
    assert student.grad is not None
    assert student.grad.abs().max() < 1e-12
    for _ in range(20):
        assert loss(teacher + 0.1 * torch.randn(4, classes), teacher, 2.0) > 0


@every_loss
@pytest.mark.parametrize("classes", [2, 5])
def test_gradient_equals_finite_differences(loss: Callable[..., Tensor], classes: int) -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(3, classes).double().requires_grad_(), torch.randn(3, classes).double()
    assert torch.autograd.gradcheck(lambda s: loss(s, teacher, 3.0), (student,))


@every_loss
@pytest.mark.parametrize("classes", [2, 10])
def test_extreme_logits_stay_finite_with_their_gradient(loss: Callable[..., Tensor], classes: int) -> None:
    torch.manual_seed(classes)
    signs = torch.where(torch.rand(8, classes) > 0.5, 1e4, -1e4)
    for teacher in (-signs, signs, signs.flip(1)):
        student = signs.clone().requires_grad_()
        value = loss(student, teacher, 1.0)
        value.backward()
        assert torch.isfinite(value)
        assert student.grad is not None
        assert torch.isfinite(student.grad).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reverse", 2e4),
        ("jsd 0", 2e4),
        ("jsd 1", 2e4),
        ("jsd 0.1", math.log(10) / 0.9 - math.log(0.9) / 0.1),
        ("jsd 0.5", 4 * math.log(2)),
        ("skewed", math.log(10)),
        ("skewed reverse", math.log(10)),
    ],
)
def test_answers_that_rule_each_other_out_cost_what_they_should(name: str, expected: float) -> None:
    loss = LOSSES[name](torch.tensor([[1e4, -1e4]]), torch.tensor([[-1e4, 1e4]]), 1.0)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("near", [0.0, 1e-60, 1e-30, 1e-20, 1e-12, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3])
def test_jensen_shannon_goes_to_the_two_kls_without_a_jump_in_single_precision(near: float) -> None:
    torch.manual_seed(0)
    student, teacher = (2 * torch.randn(50, 100)).requires_grad_(), 2 * torch.randn(50, 100)

    def both(loss: Tensor) -> tuple[float, Tensor]:
        return loss.item(), torch.autograd.grad(loss, student)[0]

    for beta, limit in ((near, soft_label_loss), (1 - near, reverse_kl_loss)):
        value, gradient = both(jensen_shannon_loss(student, teacher, 2.0, beta))
        expected, slope = both(limit(student, teacher, 2.0))
        assert value == pytest.approx(expected, rel=2e-6 + 20 * near)
        torch.testing.assert_close(gradient, slope, rtol=0, atol=(1e-5 + 40 * near) * slope.abs().max().item())


def test_undivided_jensen_shannon_would_fade_to_nothing_there() -> None:
    student, teacher = numbers(100)
    q, p = softened(student, 1.0), softened(teacher, 1.0)
    mixture = 0.001 * p + 0.999 * q
    published = 0.001 * kl(p, mixture) + 0.999 * kl(q, mixture)
    assert published < 0.002 * kl(p, q)
    assert jensen_shannon_loss(torch.tensor(student), torch.tensor(teacher), 1.0, 0.001) > 0.95 * kl(p, q)


@pytest.mark.parametrize("beta", [0.0, 0.01, 0.3, 0.5, 0.8, 1.0])
def test_jensen_shannon_is_equally_steep_for_every_beta_near_its_minimum(beta: float) -> None:
    torch.manual_seed(3)
    teacher, step = torch.randn(6, 8).double(), 1e-3 * torch.randn(6, 8).double()
    loss = jensen_shannon_loss(teacher + step, teacher, 1.0, beta)
    torch.testing.assert_close(loss, soft_label_loss(teacher + step, teacher, 1.0), rtol=5e-3, atol=0)


def test_turning_the_sides_round_turns_beta_round() -> None:
    student, teacher = torch.randn(4, 6).double(), torch.randn(4, 6).double()
    forth, back = jensen_shannon_loss(student, teacher, 2.0, 0.2), jensen_shannon_loss(teacher, student, 2.0, 0.8)
    torch.testing.assert_close(forth, back)


def test_without_skew_it_is_plain_kl_and_goes_there_without_a_jump() -> None:
    torch.manual_seed(0)
    student, teacher = 2 * torch.randn(6, 10), 2 * torch.randn(6, 10)
    for skew in (0, 1e-7, 1e-5):
        forward, backward = (skewed_kl_loss(student, teacher, 3.0, skew, reverse) for reverse in (False, True))
        torch.testing.assert_close(forward, soft_label_loss(student, teacher, 3.0), rtol=1e-4, atol=0)
        torch.testing.assert_close(backward, reverse_kl_loss(student, teacher, 3.0), rtol=1e-4, atol=0)


def test_only_reverse_kl_lets_a_narrow_student_leave_half_of_the_teacher_out() -> None:
    # The teacher finds two of three classes likely, and the student can name but one of them: 0.9 and 0.05.
    teacher = torch.tensor([[0.49, 0.49, 0.02]]).log()
    one, spread = torch.tensor([[0.9, 0.05, 0.05]]).log(), torch.full((1, 3), 1 / 3).log()
    assert reverse_kl_loss(one, teacher, 1.0) < soft_label_loss(one, teacher, 1.0)
    assert reverse_kl_loss(spread, teacher, 1.0) > soft_label_loss(spread, teacher, 1.0)


@every_loss
def test_wrong_shapes_and_temperatures_are_refused(loss: Callable[..., Tensor]) -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        loss(torch.zeros(2, 3), torch.zeros(2, 4), 1.0)
    with pytest.raises(ValueError, match="above 0, got -1"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3), -1.0)


@pytest.mark.parametrize("beta", [-0.1, 1.1, math.nan])
def test_a_beta_outside_0_to_1_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=rf"0\.\.1, got {beta}"):
        jensen_shannon_loss(torch.zeros(2, 3), torch.zeros(2, 3), 1.0, beta)
    with pytest.raises(
        ConfigError, match=rf"(beta must be from 0 to 1,|option 'beta' of jsd takes a number.*) got {beta}"
    ):
        make_term("jsd", Site(), {"beta": beta})


@pytest.mark.parametrize("skew", [-0.1, 1.0, math.nan])
def test_a_skew_that_leaves_nothing_to_learn_is_refused(skew: float) -> None:
    with pytest.raises(ValueError, match=f"at least 0 and below 1, got {skew}"):
        skewed_kl_loss(torch.zeros(2, 3), torch.zeros(2, 3), 1.0, skew)
    with pytest.raises(
        ConfigError, match=rf"(at least 0 and below 1,|option 'skew' of skl takes a number.*) got {skew}"
    ):
        make_term("skl", Site(), {"skew": skew})


def test_terms_take_the_temperature_of_the_step_their_options_and_every_sample() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(4, 3), torch.randn(4, 3)
    none = torch.zeros(4, dtype=torch.bool)
    lesson = Lesson(student, torch.full((4,), -1), none, teacher_logits=teacher, temperature=7.0)
    assert ReverseKL(Site())(lesson) == reverse_kl_loss(student, teacher, 7.0)
    assert JensenShannon(Site())(lesson) == jensen_shannon_loss(student, teacher, 7.0, 0.5)
    assert JensenShannon(Site(), 0.2)(lesson) == jensen_shannon_loss(student, teacher, 7.0, 0.2)
    assert SkewedKL(Site())(lesson) == skewed_kl_loss(student, teacher, 7.0, 0.1)
    assert SkewedKL(Site(), 0.3, reverse=True)(lesson) == skewed_kl_loss(student, teacher, 7.0, 0.3, reverse=True)
