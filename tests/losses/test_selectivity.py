import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.selectivity import NeuronSelectivity, selectivity_loss
from distill_core.mapping.pairs import Pair


def by_hand(student: np.ndarray, teacher: np.ndarray) -> float:
    """The discrepancy as the paper writes it: three double sums over channels."""

    def unit(maps: np.ndarray) -> list[np.ndarray]:
        return [m.ravel() / np.linalg.norm(m) for m in maps]

    def mean(one: list[np.ndarray], other: list[np.ndarray]) -> float:
        return sum(float(a @ b) ** 2 for a in one for b in other) / len(one) / len(other)

    losses = []
    for s, t in zip(map(unit, student), map(unit, teacher), strict=True):
        losses.append(mean(t, t) + mean(s, s) - 2 * mean(s, t))
    return float(np.mean(losses))


@pytest.mark.parametrize(("channels", "others", "side"), [(3, 5, 4), (12, 8, 2)])
def test_both_ways_to_compute_it_equal_the_double_sums(channels: int, others: int, side: int) -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, channels, side, side)), rng.normal(size=(2, others, side, side))
    loss = selectivity_loss(torch.tensor(student), torch.tensor(teacher))
    assert loss.item() == pytest.approx(by_hand(student, teacher), rel=1e-9)


def test_two_channels_on_paper() -> None:
    # Channels e1 and e1 against e1 and e2: 1/4 (1+0+0+1) + 1 - 2/4 (1+1) = 1/2.
    student = torch.tensor([[[[3.0, 0.0]], [[5.0, 0.0]]]])
    teacher = torch.tensor([[[[2.0, 0.0]], [[0.0, 7.0]]]])
    assert selectivity_loss(student, teacher).item() == pytest.approx(0.5, abs=1e-6)


def test_identical_is_zero_whatever_the_scale_and_order_of_channels() -> None:
    maps = torch.randn(3, 6, 4, 4)
    assert selectivity_loss(maps.flip(1) * 7, maps).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("side", [1, 3])
def test_gradient_equals_finite_differences(side: int) -> None:
    torch.manual_seed(1)
    student = torch.randn(2, 3, side, 2).double().requires_grad_()
    teacher = torch.randn(2, 4, side, 2).double()
    assert torch.autograd.gradcheck(lambda s: selectivity_loss(s, teacher), (student,))


def test_dead_and_huge_channels_stay_finite_with_their_gradient() -> None:
    student = torch.zeros(2, 3, 4, 4)
    student[:, 0] = 1e4
    student.requires_grad_()
    loss = selectivity_loss(student, torch.randn(2, 3, 4, 4))
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_maps_of_unequal_size_and_tokens_meet_at_the_smaller() -> None:
    pair = Pair("s", "t", (3, 8, 8), (17, 6))
    student, tokens = torch.randn(2, 3, 8, 8), torch.randn(2, 17, 6)
    lesson = Lesson(
        torch.zeros(2, 3),
        torch.zeros(2).long(),
        torch.ones(2).bool(),
        student_layers={"s": student},
        teacher_layers={"t": tokens},
    )
    expected = selectivity_loss(
        student.reshape(2, 3, 4, 2, 4, 2).mean(dim=(3, 5)), tokens[:, 1:].transpose(1, 2).reshape(2, 6, 4, 4)
    )
    torch.testing.assert_close(NeuronSelectivity(Site(pairs=(pair,)))(lesson), expected)


def test_layers_without_places_are_refused() -> None:
    with pytest.raises(ConfigError, match="'pool' has only one"):
        NeuronSelectivity(Site(pairs=(Pair("pool", "t", (3,), (3, 4, 4)),)))
    with pytest.raises(ConfigError, match="nst"):
        NeuronSelectivity(Site())
    with pytest.raises(ValueError, match="differ in places"):
        selectivity_loss(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 2, 2))
