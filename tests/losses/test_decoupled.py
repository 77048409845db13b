import numpy as np
import pytest
import torch

from distill_core.losses.decoupled import DecoupledSoftLabels, decouple, decoupled_loss
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.soft_labels import soft_label_loss


def by_hand(student: np.ndarray, teacher: np.ndarray, classes: np.ndarray, t: float) -> tuple[float, float, np.ndarray]:
    """TCKD, NCKD, each sample by itself, and the teacher's probability of the target."""
    tckd, nckd, sure = [], [], []
    for s, u, c in zip(student, teacher, classes, strict=True):
        q, p = np.exp(s / t) / np.exp(s / t).sum(), np.exp(u / t) / np.exp(u / t).sum()
        tckd.append(p[c] * np.log(p[c] / q[c]) + (1 - p[c]) * np.log((1 - p[c]) / (1 - q[c])))
        p_hat, q_hat = np.delete(p, c) / (1 - p[c]), np.delete(q, c) / (1 - q[c])
        nckd.append((p_hat * np.log(p_hat / q_hat)).sum())
        sure.append(p[c])
    return t**2 * float(np.mean(tckd)), t**2 * float(np.mean(nckd)), np.array(sure)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("classes", [3, 10])
def test_both_parts_equal_the_formula_in_numpy(temperature: float, classes: int) -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 6, classes)) * 2
    target = rng.integers(classes, size=6)
    tckd, nckd, _ = by_hand(student, teacher, target, temperature)
    parts = decouple(torch.tensor(student), torch.tensor(teacher), torch.tensor(target), temperature)
    assert parts.target.item() == pytest.approx(tckd, rel=1e-9)
    assert parts.others.item() == pytest.approx(nckd, rel=1e-9)
    loss = decoupled_loss(torch.tensor(student), torch.tensor(teacher), torch.tensor(target), temperature, 0.5, 3.0)
    assert loss.item() == pytest.approx(0.5 * tckd + 3 * nckd, rel=1e-9)


def test_soft_labels_fall_apart_into_the_two_parts() -> None:
    # Eq. 6: KD = TCKD + (1 - p_target) NCKD, for one sample.
    student, teacher = torch.randn(1, 5).double(), torch.randn(1, 5).double()
    parts = decouple(student, teacher, torch.tensor([2]), 4.0)
    doubt = 1 - (teacher / 4).softmax(1)[0, 2]
    torch.testing.assert_close(parts.target + doubt * parts.others, soft_label_loss(student, teacher, 4.0))


def test_two_classes_have_no_others_and_no_gradient_of_them() -> None:
    student = torch.randn(5, 2, requires_grad=True)
    others = decouple(student, torch.randn(5, 2), torch.tensor([0, 1, 1, 0, 1]), 4.0).others
    others.backward()
    assert others.item() == 0
    assert student.grad is not None
    assert (student.grad == 0).all()


def test_identical_is_zero_and_the_least() -> None:
    logits, classes = torch.randn(6, 10), torch.randint(10, (6,))
    assert decoupled_loss(logits, logits, classes, 4.0).item() == pytest.approx(0, abs=1e-6)
    assert decoupled_loss(logits + torch.randn(6, 10), logits, classes, 4.0).item() > 0


@pytest.mark.parametrize("classes", [2, 4])
def test_gradient_equals_finite_differences(classes: int) -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(3, classes).double().requires_grad_(), torch.randn(3, classes).double()
    assert torch.autograd.gradcheck(lambda s: decoupled_loss(s, teacher, torch.tensor([0, 1, 1]), 4.0), (student,))


@pytest.mark.parametrize("classes", [2, 10])
def test_extreme_logits_stay_finite_with_their_gradient(classes: int) -> None:
    signs = torch.where(torch.rand(8, classes) > 0.5, 1e4, -1e4)
    student = signs.clone().requires_grad_()
    loss = decoupled_loss(student, -signs, torch.randint(classes, (8,)), 1.0)
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_what_cannot_be_decoupled_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        decouple(torch.zeros(2, 3), torch.zeros(2, 4), torch.zeros(2).long(), 1.0)
    with pytest.raises(ValueError, match="at least 2 classes"):
        decouple(torch.zeros(2, 1), torch.zeros(2, 1), torch.zeros(2).long(), 1.0)
    with pytest.raises(ValueError, match="above 0, got -1"):
        decouple(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2).long(), -1.0)


def test_a_hidden_label_is_not_read_the_teachers_answer_stands_in() -> None:
    student, teacher = torch.randn(4, 5), torch.randn(4, 5)
    labelled = torch.tensor([True, False, True, False])
    labels = torch.tensor([3, -1, 0, -1])
    lesson = Lesson(student, labels, labelled, teacher_logits=teacher, temperature=2.0)
    stand_in = torch.where(labelled, labels, teacher.argmax(1))
    assert DecoupledSoftLabels(Site(), beta=2.0)(lesson) == decoupled_loss(student, teacher, stand_in, 2.0, 1.0, 2.0)
