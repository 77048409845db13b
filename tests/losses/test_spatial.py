import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from distill_core.losses.lesson import Site
from distill_core.losses.spatial import SpatialAlignment, location_loss
from distill_core.mapping.pairs import Pair


def test_equals_a_number_worked_out_on_paper() -> None:
    # (3, 4) against (4, 3): cosine 24/25; (1, 0) against (0, 2): cosine 0.
    student = torch.tensor([[3.0, 1.0], [4.0, 0.0]]).reshape(1, 2, 1, 2)
    teacher = torch.tensor([[4.0, 0.0], [3.0, 2.0]]).reshape(1, 2, 1, 2)
    assert location_loss(student, teacher).item() == pytest.approx((1 / 25 + 1) / 2, rel=1e-6)


def test_equals_numpy_at_the_smaller_size() -> None:
    rng = np.random.default_rng(0)
    large, small = rng.normal(size=(3, 5, 8, 8)), rng.normal(size=(3, 5, 4, 4))
    down = large.reshape(3, 5, 4, 2, 4, 2).mean(axis=(3, 5))
    cosine = (down * small).sum(axis=1) / np.linalg.norm(down, axis=1) / np.linalg.norm(small, axis=1)
    loss = location_loss(torch.from_numpy(large), torch.from_numpy(small))
    assert loss.item() == pytest.approx((1 - cosine).mean(), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_is_zero_for_the_same_direction_two_for_the_opposite(scale: float, seed: int) -> None:
    features = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(seed)).double()
    assert location_loss(scale * features, features).item() == pytest.approx(0, abs=1e-9)
    assert location_loss(-scale * features, features).item() == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize("dead", ["student", "teacher"])
def test_a_place_without_activity_counts_one_and_has_no_gradient(dead: str) -> None:
    active, silent = torch.randn(1, 3, 1, 1), torch.zeros(1, 3, 1, 1)
    student, teacher = (silent, active) if dead == "student" else (active, silent)
    student.requires_grad_()
    loss = location_loss(student, teacher)
    loss.backward()
    assert loss.item() == 1
    assert student.grad is not None
    assert student.grad.abs().sum() == 0


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(0)
    student = torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    teacher = torch.randn(2, 3, 2, 2, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda s: location_loss(s, teacher), (student,))


def test_different_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="samples or channels"):
        location_loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4))


def test_the_connector_changes_channels_alone() -> None:
    term = SpatialAlignment(Site(pairs=(Pair("a", "b", (8, 32, 32), (64, 16, 16)),)))
    assert sum(parameter.numel() for parameter in term.parameters()) in (8 * 64, 8 * 64 + 64)
