import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.hint import Hint, hint_loss
from distill_core.losses.lesson import Lesson, Site
from distill_core.mapping.pairs import Pair


def test_equals_a_number_worked_out_on_paper() -> None:
    # differences 1, -2, 0, 3: (1 + 4 + 0 + 9) / 4
    guided, hint = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 4.0], [3.0, 1.0]])
    assert hint_loss(guided, hint).item() == pytest.approx(3.5)


def test_equals_numpy_over_samples_channels_and_places() -> None:
    rng = np.random.default_rng(0)
    guided, hint = rng.normal(size=(2, 3, 8, 4, 4))
    loss = hint_loss(torch.from_numpy(guided), torch.from_numpy(hint))
    assert loss.item() == pytest.approx(((guided - hint) ** 2).mean(), rel=1e-12)


def test_is_zero_when_identical() -> None:
    features = torch.randn(2, 3, 4, 4)
    assert hint_loss(features, features) == 0


def test_gradient_equals_finite_differences() -> None:
    guided = torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True)
    hint = torch.randn(2, 3, 2, 2, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda g: hint_loss(g, hint), (guided,))


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        hint_loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 1, 1))


def test_two_pairs_are_averaged_not_added() -> None:
    torch.manual_seed(0)
    names = ("a", "b")
    site = Site(pairs=tuple(Pair(name, name, (3, 4, 4), (3, 4, 4)) for name in names))
    ours, theirs = ({name: torch.randn(2, 3, 4, 4) for name in names} for _ in range(2))
    lesson = Lesson(torch.zeros(2, 2), torch.zeros(2), torch.zeros(2), student_layers=ours, teacher_layers=theirs)
    expected = sum(((ours[name] - theirs[name]) ** 2).mean().item() for name in names) / 2
    assert Hint(site)(lesson).item() == pytest.approx(expected, rel=1e-6)


def test_an_empty_layer_map_is_refused() -> None:
    with pytest.raises(ConfigError, match="hint: it compares layers, and no pair"):
        Hint(Site())
