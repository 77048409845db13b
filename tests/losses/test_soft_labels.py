import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.soft_labels import Labels, SoftLabels, label_loss, mixed_label_loss, soft_label_loss


def by_hand(student: list[list[float]], teacher: list[list[float]], temperature: float) -> float:
    """The formula in plain Python: T^2 / N * sum over samples and classes of p (log p - log q)."""
    total = 0.0
    for s_row, t_row in zip(student, teacher, strict=True):
        s_norm = math.log(sum(math.exp(s / temperature) for s in s_row))
        t_norm = math.log(sum(math.exp(t / temperature) for t in t_row))
        for s, t in zip(s_row, t_row, strict=True):
            log_p, log_q = t / temperature - t_norm, s / temperature - s_norm
            total += math.exp(log_p) * (log_p - log_q)
    return temperature**2 * total / len(student)


def test_two_classes_at_temperature_one_equal_a_number_worked_out_on_paper() -> None:
    # teacher (3/4, 1/4), student (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2) = 0.130812...
    teacher = torch.tensor([[math.log(3.0), 0.0]])
    loss = soft_label_loss(torch.zeros(1, 2), teacher, temperature=1.0)
    assert loss.item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5), abs=1e-7)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 20.0])
def test_equals_the_formula_in_plain_python(temperature: float) -> None:
    student = [[0.3, -1.2, 2.0], [4.0, 0.0, -4.0], [0.1, 0.1, 0.1]]
    teacher = [[1.0, 0.5, -0.5], [3.0, 1.0, -2.0], [-2.0, 5.0, 0.0]]
    loss = soft_label_loss(
        torch.tensor(student, dtype=torch.double), torch.tensor(teacher, dtype=torch.double), temperature
    )
    assert loss.item() == pytest.approx(by_hand(student, teacher, temperature), rel=1e-10)


def test_is_averaged_over_the_batch_and_not_over_the_classes() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(5, 7), torch.randn(5, 7)
    doubled = soft_label_loss(torch.cat([student, student]), torch.cat([teacher, teacher]), 3.0)
    assert doubled.item() == pytest.approx(soft_label_loss(student, teacher, 3.0).item(), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 6),
    classes=st.integers(2, 12),
    temperature=st.floats(0.5, 20),
    shift=st.floats(-50, 50),
    seed=st.integers(0, 99),
)
def test_is_zero_when_identical_and_positive_otherwise(
    rows: int, classes: int, temperature: float, shift: float, seed: int
) -> None:
    logits = torch.randn(rows, classes, generator=torch.Generator().manual_seed(seed)).double()
    assert soft_label_loss(logits + shift, logits, temperature).item() == pytest.approx(0, abs=1e-9)
    assert soft_label_loss(logits.flip(1) + 1.0, logits, temperature).item() >= 0


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    student = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
    teacher = torch.randn(3, 4, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda s: soft_label_loss(s, teacher, 4.0), (student,))


def test_gradient_nears_the_papers_high_temperature_limit() -> None:
    # Eq. 4 of 1503.02531: with zero-mean logits and T large, dC/dz = (z - v) / (N_classes T^2); times T^2 here.
    student = torch.tensor([[1.0, -1.0, 0.5, -0.5]], dtype=torch.double, requires_grad=True)
    teacher = torch.tensor([[-0.5, 0.5, 1.0, -1.0]], dtype=torch.double)
    soft_label_loss(student, teacher, 1000.0).backward()
    torch.testing.assert_close(student.grad, (student.detach() - teacher) / 4, rtol=2e-3, atol=1e-4)


def test_extreme_logits_stay_finite() -> None:
    loss = soft_label_loss(torch.tensor([[1e4, -1e4]]), torch.tensor([[-1e4, 1e4]]), 1.0)
    assert torch.isfinite(loss)


def test_wrong_shapes_and_temperatures_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        soft_label_loss(torch.zeros(2, 3), torch.zeros(2, 4), 1.0)
    with pytest.raises(ValueError, match="above 0, got 0"):
        soft_label_loss(torch.zeros(2, 3), torch.zeros(2, 3), 0)


def test_label_loss_is_the_mean_over_the_labelled_samples_alone() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)], [5.0, -5.0], [0.0, 0.0]])
    labels, labelled = torch.tensor([1, 1, 0]), torch.tensor([True, False, True])
    assert label_loss(logits, labels, labelled).item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2, rel=1e-6)


def test_label_loss_of_a_batch_without_labels_is_zero_and_has_no_gradient() -> None:
    logits = torch.randn(4, 3, requires_grad=True)
    loss = label_loss(logits, torch.tensor([0, 1, 2, 0]), torch.zeros(4, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.abs().sum() == 0


def test_label_loss_never_reads_a_hidden_label() -> None:
    logits, labelled = torch.randn(4, 3), torch.tensor([True, False, True, False])
    one = label_loss(logits, torch.tensor([0, 1, 2, 0]), labelled)
    other = label_loss(logits, torch.tensor([0, 2, 2, 1]), labelled)
    assert one == other


def test_classes_that_nobody_believes_in_change_nothing() -> None:
    # reduction="mean" in the KL divergence divides by the number of classes as well: then this would halve the loss.
    torch.manual_seed(0)
    student, teacher, unlikely = torch.randn(5, 7), torch.randn(5, 7), torch.full((5, 7), -1e4)
    wider = soft_label_loss(torch.cat([student, unlikely], 1), torch.cat([teacher, unlikely], 1), 3.0)
    assert wider.item() == pytest.approx(soft_label_loss(student, teacher, 3.0).item(), rel=1e-6)


def mixed_lesson(labelled: list[bool], partner_labelled: list[bool], own_share: float) -> Lesson:
    return Lesson(
        logits=torch.tensor([[0.0, math.log(3.0)], [math.log(7.0), 0.0]]),
        labels=torch.tensor([1, 0]),
        labelled=torch.tensor(labelled),
        partner_labels=torch.tensor([0, 1]),
        partner_labelled=torch.tensor(partner_labelled),
        own_share=own_share,
    )


@pytest.mark.parametrize(
    ("labelled", "partner_labelled", "expected"),
    [
        # -log of the probabilities: own 3/4 and 7/8, partners' 1/4 and 1/8, weighing 0.7 and 0.3.
        ([True, True], [True, True], (0.7 * math.log(4 / 3 * 8 / 7) + 0.3 * math.log(4 * 8)) / 2),
        ([True, False], [False, True], 0.7 * math.log(4 / 3) + 0.3 * math.log(8)),
        ([False, False], [True, False], math.log(4)),
        ([False, False], [False, False], 0.0),
    ],
)
def test_labels_of_mixed_samples_are_averaged_over_the_label_weights_seen(
    labelled: list[bool], partner_labelled: list[bool], expected: float
) -> None:
    assert Labels(Site())(mixed_lesson(labelled, partner_labelled, 0.7)).item() == pytest.approx(expected, rel=1e-5)


def test_labels_of_a_mixture_that_is_all_ones_own_are_those_of_plain_samples() -> None:
    mixed = mixed_lesson([True, True], [True, True], 1.0)
    plain = Lesson(logits=mixed.logits, labels=mixed.labels, labelled=mixed.labelled)
    assert Labels(Site())(mixed).item() == pytest.approx(Labels(Site())(plain).item(), rel=1e-6)
    assert Labels(Site())(plain) == label_loss(plain.logits, plain.labels, plain.labelled)


def test_mixed_labels_never_read_a_hidden_one() -> None:
    logits, none = torch.randn(3, 4, requires_grad=True), torch.zeros(3, dtype=torch.bool)
    hidden = torch.tensor([-1, -1, -1])
    loss = mixed_label_loss(logits, hidden, none, hidden, none, 0.4)
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_mixture_equals_a_cross_entropy_with_mixed_targets() -> None:
    torch.manual_seed(3)
    logits, own, partner = torch.randn(6, 5).double(), torch.randint(5, (6,)), torch.randint(5, (6,))
    every = torch.ones(6, dtype=torch.bool)
    targets = 0.35 * torch.eye(5)[own] + 0.65 * torch.eye(5)[partner]
    expected = -(targets.numpy() * torch.log_softmax(logits, 1).numpy()).sum() / 6
    assert mixed_label_loss(logits, own, every, partner, every, 0.35).item() == pytest.approx(expected, rel=1e-6)


def test_a_share_outside_0_to_1_is_refused() -> None:
    every, labels = torch.ones(2, dtype=torch.bool), torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"0\.\.1, got 1\.5"):
        mixed_label_loss(torch.zeros(2, 3), labels, every, labels, every, 1.5)


def test_soft_labels_take_the_temperature_of_the_step_and_every_sample() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(4, 3), torch.randn(4, 3)
    none = torch.zeros(4, dtype=torch.bool)
    lesson = Lesson(student, torch.full((4,), -1), none, teacher_logits=teacher, temperature=7.0)
    assert SoftLabels(Site())(lesson) == soft_label_loss(student, teacher, 7.0)
