import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.one_for_all import Exit, OneForAll, one_for_all_loss
from distill_core.mapping.pairs import Pair


def weights(teacher: np.ndarray, classes: list[int], eps: float) -> np.ndarray:
    exp = np.exp(teacher - teacher.max(axis=1, keepdims=True))
    p = exp / exp.sum(axis=1, keepdims=True)
    target = np.eye(teacher.shape[1])[classes]
    return (p + target) ** eps - target


def test_equals_a_number_worked_out_on_paper() -> None:
    # teacher (3/4, 1/4), class 0, eps 2, student (1/2, 1/2): ((7/4)^2 - 1 + (1/4)^2) ln 2 = 17/8 ln 2
    teacher = torch.tensor([[math.log(3.0), 0.0]])
    loss = one_for_all_loss(torch.zeros(1, 2), teacher, torch.tensor([0]), 2.0)
    assert loss.item() == pytest.approx(17 / 8 * math.log(2), rel=1e-6)


@pytest.mark.parametrize("eps", [0.5, 1.0, 1.5, 3.0])
def test_equals_numpy(eps: float) -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 6, 5)) * 3
    classes = [0, 4, 2, 2, 1, 3]
    log_p = student - np.log(np.exp(student).sum(axis=1, keepdims=True))
    expected = -(weights(teacher, classes, eps) * log_p).sum(axis=1).mean()
    loss = one_for_all_loss(torch.from_numpy(student), torch.from_numpy(teacher), torch.tensor(classes), eps)
    assert loss.item() == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(classes=st.integers(2, 6), eps=st.floats(0.5, 3), seed=st.integers(0, 99))
def test_its_minimum_is_where_the_student_equals_the_normed_weights(classes: int, eps: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    teacher, said = rng.normal(size=(3, classes)), rng.integers(classes, size=3).tolist()
    weight = weights(teacher, said, eps)
    share = weight / weight.sum(axis=1, keepdims=True)
    least = -(weight * np.log(share)).sum(axis=1).mean()
    best = torch.from_numpy(np.log(share)).requires_grad_()
    loss = one_for_all_loss(best, torch.from_numpy(teacher), torch.tensor(said), eps)
    loss.backward()
    assert loss.item() == pytest.approx(least, rel=1e-9)
    assert best.grad is not None
    assert best.grad.abs().max().item() == pytest.approx(0, abs=1e-9)


def test_at_eps_one_a_student_equal_to_its_teacher_pays_the_teachers_entropy() -> None:
    logits = torch.randn(4, 5, dtype=torch.double)
    entropy = torch.distributions.Categorical(logits=logits).entropy().mean()
    loss = one_for_all_loss(logits, logits, torch.tensor([0, 1, 2, 3]), 1.0)
    assert loss.item() == pytest.approx(entropy.item(), rel=1e-12)


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(0)
    student = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
    teacher, classes = torch.randn(3, 4, dtype=torch.double), torch.tensor([0, 3, 1])
    assert torch.autograd.gradcheck(lambda s: one_for_all_loss(s, teacher, classes, 1.5), (student,))


def test_extreme_logits_of_two_classes_stay_finite() -> None:
    student = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = one_for_all_loss(student, torch.tensor([[-1e4, 1e4]]), torch.tensor([1]), 1.5)
    loss.backward()
    assert loss.isfinite()
    assert student.grad is not None
    assert student.grad.isfinite().all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        one_for_all_loss(torch.zeros(2, 3), torch.zeros(2, 4), torch.zeros(2, dtype=torch.long), 1.5)
    with pytest.raises(ValueError, match="above 0, got 0"):
        one_for_all_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, dtype=torch.long), 0)
    with pytest.raises(ConfigError, match="ofa: eps must be above 0, got -1"):
        OneForAll(Site(pairs=(Pair("a", "b", (4,), (4,)),)), eps=-1)


@pytest.mark.parametrize("shape", [(8, 4, 4), (17, 8), (8,)])
def test_an_exit_answers_from_maps_tokens_and_vectors(shape: tuple[int, ...]) -> None:
    assert Exit(8, 3)(torch.randn(2, *shape)).shape == (2, 3)


def test_the_final_logits_and_every_exit_are_added_and_no_hidden_label_is_read() -> None:
    torch.manual_seed(0)
    pairs = (Pair("a", "x", (8, 4, 4), (5, 2)), Pair("b", "x", (17, 6), (5, 2)))
    term = OneForAll(Site(pairs=pairs, classes=3), eps=1.5)
    layers = {"a": torch.randn(4, 8, 4, 4), "b": torch.randn(4, 17, 6)}
    logits, taught = torch.randn(4, 3), torch.randn(4, 3)
    labelled = torch.tensor([True, True, False, False])
    classes = torch.where(labelled, torch.tensor([0, 1, 2, 0]), taught.argmax(dim=1))
    losses = [
        term(Lesson(logits, labels, labelled, taught, student_layers=layers))
        for labels in (torch.tensor([0, 1, 2, 0]), torch.tensor([0, 1, 1, 2]))
    ]
    answers = [logits, term.exits[0](layers["a"]), term.exits[1](layers["b"])]
    expected = sum(one_for_all_loss(answer, taught, classes, 1.5).item() for answer in answers)
    assert losses[0].item() == pytest.approx(expected, rel=1e-6)
    assert losses[0] == losses[1]
