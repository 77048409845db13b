import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.standardised import StandardisedSoftLabels, standardised, standardised_soft_label_loss


def by_hand(student: np.ndarray, teacher: np.ndarray, temperature: float) -> float:
    def probabilities(logits: np.ndarray) -> np.ndarray:
        z = (logits - logits.mean(1, keepdims=True)) / logits.std(1, keepdims=True)  # NumPy's std divides by C
        e = np.exp(z / temperature)
        return e / e.sum(1, keepdims=True)

    p, q = probabilities(teacher), probabilities(student)
    return float(temperature**2 * (p * np.log(p / q)).sum(1).mean())


@pytest.mark.parametrize("temperature", [1.0, 2.0, 6.0])
def test_equals_the_formula_in_numpy(temperature: float) -> None:
    student, teacher = np.random.default_rng(0).normal(size=(2, 5, 7)) * 3
    loss = standardised_soft_label_loss(torch.tensor(student), torch.tensor(teacher), temperature)
    assert loss.item() == pytest.approx(by_hand(student, teacher, temperature), rel=1e-5)


def test_three_logits_standardised_on_paper() -> None:
    # mean 2, population variance 2/3: -1, 0, 1 over sqrt(2/3).
    torch.testing.assert_close(standardised(torch.tensor([[1.0, 2.0, 3.0]])), torch.tensor([[-1.0, 0, 1]]) * 1.5**0.5)


def test_scale_and_shift_of_either_side_do_not_matter() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(4, 6).double(), torch.randn(4, 6).double()
    loss = standardised_soft_label_loss(student, teacher)
    torch.testing.assert_close(standardised_soft_label_loss(student * 5 + 3, teacher * 9 - 7), loss, rtol=1e-4, atol=0)
    assert standardised_soft_label_loss(teacher * 3 + 1, teacher).item() == pytest.approx(0, abs=1e-9)


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(3, 4).double().requires_grad_(), torch.randn(3, 4).double()
    assert torch.autograd.gradcheck(lambda s: standardised_soft_label_loss(s, teacher), (student,))


@pytest.mark.parametrize("row", [[1e4, -1e4], [0.0, 0.0], [5.0, 5.0], [1e4, -1e4, 0.0]])
def test_extreme_and_equal_logits_stay_finite_with_their_gradient(row: list[float]) -> None:
    student = torch.tensor([row], requires_grad=True)
    loss = standardised_soft_label_loss(student, student.detach().flip(1) + torch.arange(float(len(row))))
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()
    assert student.grad.abs().max() < 1e4


def test_with_two_classes_only_the_larger_counts() -> None:
    student = torch.tensor([[0.3, 0.1], [2.0, -5.0]], requires_grad=True)
    loss = standardised_soft_label_loss(student, torch.tensor([[9.0, 1.0], [0.2, 0.1]]))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-3)
    assert student.grad is not None
    assert student.grad.abs().max() < 1e-2


def test_has_a_temperature_of_its_own() -> None:
    student, teacher = torch.randn(4, 6), torch.randn(4, 6)
    lesson = Lesson(student, torch.zeros(4).long(), torch.ones(4).bool(), teacher_logits=teacher, temperature=9.0)
    assert StandardisedSoftLabels(Site(), 3.0)(lesson) == standardised_soft_label_loss(student, teacher, 3.0)
    with pytest.raises(ConfigError, match="above 0, got 0"):
        StandardisedSoftLabels(Site(), 0)
