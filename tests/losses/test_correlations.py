import numpy as np
import pytest
import torch

from distill_core.losses.correlations import Correlations, correlation_distance, correlation_loss
from distill_core.losses.lesson import Lesson, Site


def softened(logits: np.ndarray, t: float) -> np.ndarray:
    e = np.exp(logits / t)
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_equals_numpys_correlation_coefficients(temperature: float) -> None:
    student, teacher = np.random.default_rng(0).normal(size=(2, 6, 5)) * 2
    p, q = softened(teacher, temperature), softened(student, temperature)
    rows = np.mean([1 - np.corrcoef(p[i], q[i])[0, 1] for i in range(6)])
    columns = np.mean([1 - np.corrcoef(p[:, c], q[:, c])[0, 1] for c in range(5)])
    loss = correlation_loss(torch.tensor(student), torch.tensor(teacher), temperature, 0.5, 3.0)
    assert loss.item() == pytest.approx(temperature**2 * (0.5 * rows + 3 * columns), rel=1e-9)


def test_opposite_rows_read_two_and_scaled_ones_zero() -> None:
    row = torch.tensor([[0.1, 0.2, 0.7]])
    assert correlation_distance(-row, row).item() == pytest.approx(2, abs=1e-6)
    assert correlation_distance(5 * row + 3, row).item() == pytest.approx(0, abs=1e-6)


def test_a_teachers_constant_row_counts_nothing_and_a_students_as_uncorrelated() -> None:
    row, constant = torch.tensor([[0.1, 0.2, 0.7]]), torch.full((1, 3), 1 / 3)
    assert correlation_distance(row, constant).item() == 0
    assert correlation_distance(constant, row).item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("batch", [1, 2, 8])
def test_identical_is_zero_and_the_least(classes: int, batch: int) -> None:
    torch.manual_seed(0)
    teacher = torch.randn(batch, classes)
    assert correlation_loss(teacher, teacher, 4.0).item() == pytest.approx(0, abs=1e-4)
    assert correlation_loss(torch.randn(batch, classes), teacher, 4.0).item() > -1e-4


def test_one_image_alone_has_rows_but_no_columns() -> None:
    student, teacher = torch.randn(1, 5, requires_grad=True), torch.randn(1, 5)
    loss = correlation_loss(student, teacher, 1.0)
    loss.backward()
    assert loss.item() == pytest.approx(correlation_loss(student, teacher, 1.0, within=0).item(), abs=1e-6)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(3, 4).double().requires_grad_(), torch.randn(3, 4).double()
    assert torch.autograd.gradcheck(lambda s: correlation_loss(s, teacher, 2.0), (student,))


@pytest.mark.parametrize("classes", [2, 10])
def test_extreme_and_equal_logits_stay_finite_with_their_gradient(classes: int) -> None:
    for logits in (torch.where(torch.rand(8, classes) > 0.5, 1e4, -1e4), torch.zeros(8, classes)):
        student = logits.clone().requires_grad_()
        loss = correlation_loss(student, torch.randn(8, classes), 1.0)
        loss.backward()
        assert torch.isfinite(loss)
        assert student.grad is not None
        assert torch.isfinite(student.grad).all()


def test_wrong_shapes_and_temperatures_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        correlation_loss(torch.zeros(2, 3), torch.zeros(2, 4), 1.0)
    with pytest.raises(ValueError, match="above 0, got 0"):
        correlation_loss(torch.zeros(2, 3), torch.zeros(2, 3), 0)


def test_the_term_takes_the_temperature_of_the_step() -> None:
    student, teacher = torch.randn(4, 6), torch.randn(4, 6)
    lesson = Lesson(student, torch.zeros(4).long(), torch.ones(4).bool(), teacher_logits=teacher, temperature=9.0)
    assert Correlations(Site(), 1.0, 2.0)(lesson) == correlation_loss(student, teacher, 9.0, 1.0, 2.0)
