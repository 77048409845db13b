import math

import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Site
from distill_core.losses.transformer_attention import TransformerAttention, transformer_attention_loss
from distill_core.mapping.pairs import Pair


def looks(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double().softmax(dim=-1)


def test_equals_a_number_worked_out_on_paper() -> None:
    # query 1: teacher (3/4, 1/4), student (1/2, 1/2); query 2: equal. One head.
    teacher = torch.tensor([[0.75, 0.25], [0.5, 0.5]]).reshape(1, 1, 2, 2)
    student = torch.full((1, 1, 2, 2), 0.5)
    expected = (0.75 * math.log(1.5) + 0.25 * math.log(0.5)) / 2
    assert transformer_attention_loss(student, teacher).item() == pytest.approx(expected, rel=1e-5)


def test_equals_numpy_averaged_over_samples_heads_and_queries() -> None:
    student, teacher = looks(3, 4, 5, 5), looks(3, 4, 5, 5, seed=1)
    p, q = teacher.numpy(), student.numpy()
    expected = (p * np.log(p / q)).sum() / (3 * 4 * 5)
    assert transformer_attention_loss(student, teacher).item() == pytest.approx(expected, rel=1e-9)


def test_heads_of_different_number_are_averaged_first() -> None:
    student, teacher = looks(2, 3, 5, 5), looks(2, 6, 5, 5, seed=1)
    p, q = teacher.numpy().mean(axis=1), student.numpy().mean(axis=1)
    expected = (p * np.log(p / q)).sum() / (2 * 5)
    assert transformer_attention_loss(student, teacher).item() == pytest.approx(expected, rel=1e-9)


def test_is_zero_when_identical_even_with_zeros() -> None:
    attention = torch.eye(4).expand(2, 3, 4, 4)
    assert transformer_attention_loss(attention, attention) == 0
    assert transformer_attention_loss(looks(2, 3, 4, 4), looks(2, 3, 4, 4)).item() == 0


def test_gradient_through_the_softmax_equals_finite_differences() -> None:
    scores = torch.randn(2, 2, 3, 3, dtype=torch.double, requires_grad=True)
    teacher = looks(2, 4, 3, 3)
    assert torch.autograd.gradcheck(lambda s: transformer_attention_loss(s.softmax(dim=-1), teacher), (scores,))


def test_extreme_scores_stay_finite() -> None:
    scores = (1e4 * torch.eye(4)).expand(1, 2, 4, 4).clone().requires_grad_()
    teacher = torch.eye(4).flip(0).expand(1, 2, 4, 4)
    loss = transformer_attention_loss(scores.softmax(dim=-1), teacher)
    loss.backward()
    assert loss.isfinite()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()


def test_other_lengths_and_layers_that_are_no_attention_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"'s' attends to 65 tokens and 't' to 17; give both models the same image"):
        TransformerAttention(Site(pairs=(Pair("s", "t", (3, 65, 65), (3, 17, 17)),)))
    with pytest.raises(ConfigError, match=r"layer 't' gives \(65, 64\), which is not attention"):
        TransformerAttention(Site(pairs=(Pair("s", "t", (3, 65, 65), (65, 64)),)))
    with pytest.raises(ValueError, match="differ in length"):
        transformer_attention_loss(looks(1, 2, 3, 3), looks(1, 2, 4, 4))
