import math

import numpy as np
import pytest
import torch
from torch import nn

from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.variational import EPS, ChannelVariance, Variational, variational_loss
from distill_core.mapping.pairs import Pair


def test_equals_a_number_worked_out_on_paper() -> None:
    # 1/2 (2^2 / 4 + ln 4) and 1/2 (1^2 / 1 + ln 1)
    loss = variational_loss(torch.zeros(1, 2), torch.tensor([[2.0, 1.0]]), torch.tensor([4.0, 1.0]))
    assert loss.item() == pytest.approx((0.5 * (1 + math.log(4)) + 0.5) / 2, rel=1e-6)


@pytest.mark.parametrize("shape", [(3, 5, 4, 4), (3, 7, 5), (3, 5)])
def test_equals_numpy_with_a_variance_for_each_channel(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    mean, target, variance = rng.normal(size=shape), rng.normal(size=shape), rng.uniform(0.1, 3, size=5)
    axis = 1 if len(shape) == 4 else -1
    by_channel = ((np.moveaxis(target, axis, -1) - np.moveaxis(mean, axis, -1)) ** 2 / variance + np.log(variance)) / 2
    loss = variational_loss(*(torch.from_numpy(values) for values in (mean, target, variance)))
    assert loss.item() == pytest.approx(by_channel.mean(), rel=1e-12)


def test_an_exact_prediction_reaches_the_known_minimum_half_the_log_variance() -> None:
    target, variance = torch.randn(4, 3, 2, 2, dtype=torch.double), torch.tensor([0.1, 1.0, 5.0], dtype=torch.double)
    least = variational_loss(target, target, variance).item()
    assert least == pytest.approx(0.5 * np.log([0.1, 1.0, 5.0]).mean(), rel=1e-12)
    assert variational_loss(target + 0.01, target, variance).item() > least


def test_the_best_variance_is_the_mean_squared_error() -> None:
    torch.manual_seed(0)
    mean, target = torch.randn(500, 1, dtype=torch.double), torch.randn(500, 1, dtype=torch.double)
    error = (mean - target).square().mean()
    best = variational_loss(mean, target, error.reshape(1)).item()
    assert best == pytest.approx(0.5 * (1 + math.log(error.item())), rel=1e-12)
    assert all(variational_loss(mean, target, (error * factor).reshape(1)).item() > best for factor in (0.9, 1.1))


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(0)
    mean = torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True)
    variance = (torch.rand(3, dtype=torch.double) + 0.5).requires_grad_()
    target = torch.randn(2, 3, 2, 2, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda m, v: variational_loss(m, target, v), (mean, variance))


def test_the_variance_starts_at_five_and_never_falls_below_eps() -> None:
    variance = ChannelVariance(3)
    torch.testing.assert_close(variance(), torch.full((3,), 5.0))
    with torch.no_grad():
        variance.raw.fill_(-1e4)
    torch.testing.assert_close(variance(), torch.full((3,), EPS))


def test_the_variance_is_a_parameter_that_trains() -> None:
    # Kept in a plain list, it would be missing from the optimiser and from the checkpoint.
    torch.manual_seed(0)
    term = Variational(Site(pairs=(Pair("a", "b", (4, 2, 2), (4, 2, 2)), Pair("a", "b", (4, 2, 2), (4, 2, 2)))))
    assert {"variances.0.raw", "variances.1.raw"} <= {name for name, _ in term.named_parameters()}
    assert {"variances.0.raw", "variances.1.raw"} <= set(term.state_dict())
    assert all(isinstance(parameter, nn.Parameter) for parameter in term.parameters())
    features = torch.randn(8, 4, 2, 2)
    lesson = Lesson(
        torch.zeros(8, 2),
        torch.zeros(8),
        torch.zeros(8),
        student_layers={"a": features},
        teacher_layers={"b": features},
    )
    before = term.variances[1]().detach().clone()
    optimiser = torch.optim.SGD(term.parameters(), lr=1.0)
    term(lesson).backward()
    optimiser.step()
    assert (term.variances[1]() < before).all()


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        variational_loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 1, 1), torch.ones(3))
