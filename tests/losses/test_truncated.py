import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from distill_core.losses.soft_labels import soft_label_loss
from distill_core.losses.truncated import Kept, keep, tail_error, truncated_kl

# One answer, unsorted on purpose, that two classes and a tail of 0.2 are kept of.
ANSWER = torch.tensor([[0.1, 0.5, 0.06, 0.3, 0.04]]).log()


def softened(logits: np.ndarray, temperature: float) -> np.ndarray:
    e = np.exp(logits / temperature)
    return e / e.sum(1, keepdims=True)


def numbers(classes: int = 9, samples: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    student, teacher = np.random.default_rng(seed).normal(size=(2, samples, classes)) * 2
    return student, teacher


def renormalised_kl(student_logits: Tensor, kept: Kept, temperature: float) -> Tensor:
    """What is usually done: the kept classes as if there were no others."""
    target = kept.log_probabilities - kept.log_probabilities.logsumexp(1, keepdim=True)
    log_student = functional.log_softmax(student_logits / temperature, dim=1).gather(1, kept.indices)
    return functional.kl_div(log_student, target, reduction="batchmean", log_target=True) * temperature**2


def gradient(loss: Callable[[Tensor], Tensor], student: Tensor) -> Tensor:
    student = student.clone().requires_grad_()
    return torch.autograd.grad(loss(student), student)[0]


def test_keeps_the_likeliest_in_order_and_the_sum_of_the_rest() -> None:
    kept = keep(ANSWER, 2, 1.0)
    assert kept.indices.tolist() == [[1, 3]]
    torch.testing.assert_close(kept.log_probabilities.exp(), torch.tensor([[0.5, 0.3]]))
    torch.testing.assert_close(kept.log_tail.exp(), torch.tensor([0.2]))


def test_temperature_softens_what_is_kept() -> None:
    # Square roots of 0.64 and four of 0.09: 0.8 and 0.3 each, 2 together.
    kept = keep(torch.tensor([[0.09, 0.64, 0.09, 0.09, 0.09]]).log(), 1, 2.0)
    assert kept.log_probabilities.exp().item() == pytest.approx(0.4, rel=1e-6)
    assert kept.log_tail.exp().item() == pytest.approx(0.6, rel=1e-6)


def test_three_classes_equal_a_number_worked_out_on_paper() -> None:
    # Teacher (1/2, 1/4, 1/4), one class kept; student (1/4, 1/4, 1/2): 1/2 ln 2 + 1/2 ln(2/3).
    kept = keep(torch.tensor([[2.0, 1.0, 1.0]]).log(), 1, 1.0)
    loss = truncated_kl(torch.tensor([[1.0, 1.0, 2.0]]).log(), kept, 1.0)
    assert loss.item() == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3), abs=1e-7)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_equals_the_formula_in_numpy(temperature: float, k: int) -> None:
    student, teacher = numbers()
    total = 0.0
    for p, q in zip(softened(teacher, temperature), softened(student, temperature), strict=True):
        order = np.argsort(-p)
        p, q = p[order], q[order]
        total += (p[:k] * np.log(p[:k] / q[:k])).sum() + p[k:].sum() * np.log(p[k:].sum() / q[k:].sum())
    loss = truncated_kl(torch.tensor(student), keep(torch.tensor(teacher), k, temperature), temperature)
    assert loss.item() == pytest.approx(temperature**2 * total / len(student), rel=1e-9)


@pytest.mark.parametrize("classes", [2, 9])
def test_with_all_classes_kept_it_is_soft_labels(classes: int) -> None:
    student, teacher = (torch.tensor(each) for each in numbers(classes))
    kept = keep(teacher, classes, 3.0)
    assert kept.log_tail.tolist() == [-math.inf] * 6
    torch.testing.assert_close(truncated_kl(student, kept, 3.0), soft_label_loss(student, teacher, 3.0))
    ours = gradient(lambda s: truncated_kl(s, kept, 3.0), student)
    torch.testing.assert_close(ours, gradient(lambda s: soft_label_loss(s, teacher, 3.0), student))


@settings(max_examples=60, deadline=None)
@given(
    classes=st.integers(2, 30),
    k=st.integers(1, 30),
    temperature=st.floats(0.5, 10),
    scale=st.floats(0.1, 10),
    seed=st.integers(0, 99),
)
def test_never_exceeds_the_full_kl_and_grows_with_what_is_kept(
    classes: int, k: int, temperature: float, scale: float, seed: int
) -> None:
    student, teacher = (scale * torch.tensor(each) for each in numbers(classes, 4, seed))
    full, fewer = soft_label_loss(student, teacher, temperature), min(k, classes - 1)
    less, more = (truncated_kl(student, keep(teacher, n, temperature), temperature) for n in (fewer, fewer + 1))
    slack = 1e-9 * (1 + full)
    assert -slack <= less <= more + slack
    assert more <= full + slack


def test_what_it_lacks_of_the_full_kl_is_the_tails_own_kl_times_its_mass() -> None:
    student, teacher = numbers(samples=1)
    p, q = softened(teacher, 2.0)[0], softened(student, 2.0)[0]
    tail = np.argsort(-p)[3:]
    within = (p[tail] / p[tail].sum() * np.log((p[tail] / p[tail].sum()) / (q[tail] / q[tail].sum()))).sum()
    full = soft_label_loss(torch.tensor(student), torch.tensor(teacher), 2.0)
    lacks = full - truncated_kl(torch.tensor(student), keep(torch.tensor(teacher), 3, 2.0), 2.0)
    assert lacks.item() == pytest.approx(4 * p[tail].sum() * within, rel=1e-9)


@pytest.mark.parametrize("k", [1, 4])
def test_a_student_equal_to_its_teacher_reads_zero_without_gradient(k: int) -> None:
    _, teacher = numbers()
    logits = torch.tensor(teacher)
    kept = keep(logits, k, 2.0)
    assert truncated_kl(logits + 5, kept, 2.0).item() == pytest.approx(0, abs=1e-12)
    assert gradient(lambda s: truncated_kl(s, kept, 2.0), logits + 5).abs().max() < 1e-12


@pytest.mark.parametrize("k", [1, 3, 9])
def test_gradient_equals_finite_differences(k: int) -> None:
    student, teacher = (torch.tensor(each) for each in numbers())
    kept = keep(teacher, k, 3.0)
    assert torch.autograd.gradcheck(lambda s: truncated_kl(s, kept, 3.0), (student.requires_grad_(),))


def test_gradient_is_the_full_one_on_kept_classes_and_within_the_bound_on_the_others() -> None:
    student, teacher = (torch.tensor(each) for each in numbers(classes=40))
    kept = keep(teacher, 5, 2.0)
    ours = gradient(lambda s: 6 * truncated_kl(s, kept, 2.0), student)
    full = gradient(lambda s: 6 * soft_label_loss(s, teacher, 2.0), student)
    torch.testing.assert_close(ours.gather(1, kept.indices), full.gather(1, kept.indices))
    off = (ours - full).abs().sum(1)
    assert (off > 1e-3).all()
    assert (off <= tail_error(kept, 2.0)).all()


def test_the_bound_is_reached_where_student_and_teacher_see_different_tails() -> None:
    teacher = torch.tensor([[0.6, 0.4, 1e-9]]).log()
    student = torch.tensor([[0.6, 1e-9, 0.4]]).log()
    kept = keep(teacher, 1, 1.0)
    ours = gradient(lambda s: truncated_kl(s, kept, 1.0), student)
    off = (ours - gradient(lambda s: soft_label_loss(s, teacher, 1.0), student)).abs().sum()
    assert tail_error(kept, 1.0).item() == pytest.approx(0.8, rel=1e-6)
    assert off.item() == pytest.approx(0.8, rel=1e-5)


@pytest.mark.parametrize(("classes", "k"), [(2, 1), (2, 2), (10, 3), (10, 10)])
def test_extreme_logits_stay_finite_with_their_gradient(classes: int, k: int) -> None:
    torch.manual_seed(k)
    signs = torch.where(torch.rand(8, classes) > 0.5, 1e4, -1e4)
    for teacher in (-signs, signs):
        kept = keep(teacher, k, 1.0)
        value = truncated_kl(signs, kept, 1.0)
        assert torch.isfinite(value)
        assert torch.isfinite(gradient(lambda s, kept=kept: truncated_kl(s, kept, 1.0), signs)).all()


@pytest.mark.parametrize("low", [-40.0, -1e4, -math.inf])
def test_a_tail_near_0_or_ruled_out_adds_nothing(low: float) -> None:
    student = torch.randn(1, 4)
    kept = keep(torch.tensor([[1.0, 0.0, low, low]]), 2, 1.0)
    expected = soft_label_loss(student, torch.tensor([[1.0, 0.0, -1e3, -1e3]]), 1.0)
    torch.testing.assert_close(truncated_kl(student, kept, 1.0), expected)
    assert torch.isfinite(gradient(lambda s: truncated_kl(s, kept, 1.0), student)).all()


def test_more_classes_kept_than_the_teacher_holds_possible_stay_finite() -> None:
    student, teacher = torch.randn(1, 4), torch.tensor([[1.0, 0.0, -math.inf, -math.inf]])
    for k in (3, 4):
        torch.testing.assert_close(
            truncated_kl(student, keep(teacher, k, 1.0), 1.0), truncated_kl(student, keep(teacher, 2, 1.0), 1.0)
        )


def test_a_tiny_tail_is_not_lost_to_rounding() -> None:
    # 1 minus what is kept would be 0 in single precision: the tail is 2 e^-25.
    assert keep(torch.tensor([[0.0, -25.0, -25.0]]), 1, 1.0).log_tail.item() == pytest.approx(
        math.log(2) - 25, rel=1e-6
    )


def test_renormalised_classes_push_a_perfect_student_off_its_teacher_and_the_tail_does_not() -> None:
    kept = keep(ANSWER, 2, 1.0)
    pushed = gradient(lambda s: renormalised_kl(s, kept, 1.0), ANSWER)
    # q - p with p (0.625, 0.375) of the two: the tail's 0.2 is promised to them.
    torch.testing.assert_close(pushed, torch.tensor([[0.1, 0.5 - 0.625, 0.06, 0.3 - 0.375, 0.04]]))
    assert gradient(lambda s: truncated_kl(s, kept, 1.0), ANSWER).abs().max() < 1e-6


@pytest.mark.parametrize(("loss", "likeliest"), [(renormalised_kl, 0.625), (truncated_kl, 0.5)])
def test_trained_on_renormalised_classes_a_student_is_surer_than_its_teacher(
    loss: Callable[[Tensor, Kept, float], Tensor], likeliest: float
) -> None:
    kept, student = keep(ANSWER, 2, 1.0), torch.zeros(1, 5, requires_grad=True)
    optimiser = torch.optim.Adam([student], lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        loss(student, kept, 1.0).backward()
        optimiser.step()
    assert student.softmax(1)[0, 1].item() == pytest.approx(likeliest, abs=5e-3)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k must be in 1\.\.5, the number of classes; got 6"):
        keep(ANSWER, 6, 1.0)
    with pytest.raises(ValueError, match="got 0"):
        keep(ANSWER, 0, 1.0)
    kept = keep(ANSWER, 4, 1.0)
    for refused in (lambda: keep(ANSWER, 2, 0), lambda: truncated_kl(ANSWER, kept, 0), lambda: tail_error(kept, 0)):
        with pytest.raises(ValueError, match="above 0, got 0"):
            refused()
    with pytest.raises(ValueError, match=r"student \(2, 5\) does not go with 4 kept classes of 1 samples"):
        truncated_kl(torch.zeros(2, 5), kept, 1.0)
    with pytest.raises(ValueError, match=r"student \(1, 3\) does not go with 4 kept classes"):
        truncated_kl(torch.zeros(1, 3), kept, 1.0)
