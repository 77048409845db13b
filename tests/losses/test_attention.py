import numpy as np
import pytest
import torch

from distill_core.losses.attention import SpatialAttention, attention_loss, attention_map
from distill_core.losses.lesson import Lesson, Site
from distill_core.mapping.pairs import Pair


def by_hand(student: np.ndarray, teacher: np.ndarray) -> float:
    """Equal sizes, in NumPy: mean over channels of squares, flattened, divided by the norm, mean squared difference."""

    def normed(features: np.ndarray) -> np.ndarray:
        flat = (features**2).mean(axis=1).reshape(len(features), -1)
        return flat / np.sqrt((flat**2).sum(axis=1, keepdims=True))

    return float(((normed(student) - normed(teacher)) ** 2).mean())


def test_equals_a_number_worked_out_on_paper() -> None:
    # student channels 1,7 and 5,5 at two places: means of squares 25, 25 -> (1, 1) / sqrt 2; teacher 3, 4 (squares).
    student = torch.tensor([1.0, 5.0, 7.0, 5.0]).reshape(1, 2, 1, 2)
    teacher = torch.tensor([3.0, 4.0]).sqrt().reshape(1, 1, 1, 2)
    expected = ((0.5**0.5 - 0.6) ** 2 + (0.5**0.5 - 0.8) ** 2) / 2
    assert attention_loss(student, teacher).item() == pytest.approx(expected, rel=1e-5)


def test_equals_numpy_and_does_not_depend_on_the_number_of_channels() -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(5, 4, 6, 6)), rng.normal(size=(5, 32, 6, 6))
    loss = attention_loss(torch.from_numpy(student), torch.from_numpy(teacher))
    assert loss.item() == pytest.approx(by_hand(student, teacher), rel=1e-12)
    doubled = torch.from_numpy(np.concatenate([student, student], axis=1))
    assert attention_loss(doubled, torch.from_numpy(teacher)).item() == pytest.approx(loss.item(), rel=1e-12)


def test_the_larger_attention_map_is_averaged_down() -> None:
    rng = np.random.default_rng(1)
    large, small = rng.normal(size=(2, 3, 8, 8)), rng.normal(size=(2, 5, 4, 4))
    energy = (large**2).mean(axis=1, keepdims=True).reshape(2, 1, 4, 2, 4, 2).mean(axis=(3, 5))
    expected = by_hand(np.sqrt(energy), small)
    ours = torch.from_numpy(large), torch.from_numpy(small)
    assert attention_loss(*ours).item() == pytest.approx(expected, rel=1e-12)
    assert attention_loss(*reversed(ours)).item() == pytest.approx(expected, rel=1e-12)


def test_is_zero_for_identical_maps_and_for_any_scale() -> None:
    features = torch.randn(3, 4, 5, 5, dtype=torch.double)
    assert attention_loss(features, features) == 0
    assert attention_loss(7 * features, features).item() == pytest.approx(0, abs=1e-15)


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(0)
    student = torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    teacher = torch.randn(2, 5, 2, 2, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda s: attention_loss(s, teacher), (student,))


def test_a_dead_layer_gives_a_finite_loss_and_gradient() -> None:
    student = torch.zeros(2, 3, 4, 4, requires_grad=True)
    attention_loss(student, torch.randn(2, 3, 4, 4)).backward()
    assert student.grad is not None
    assert student.grad.isfinite().all()


def test_attention_is_the_mean_of_squares_over_channels() -> None:
    assert attention_map(torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1)).item() == 12.5


def test_pairs_are_added_and_tokens_lie_where_their_patches_are() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 6, 3, 3)
    tokens = torch.cat([torch.randn(2, 1, 6), maps.flatten(2).transpose(1, 2)], dim=1)
    other = torch.randn(2, 4, 3, 3)
    pairs = (Pair("a", "x", (10, 6), (4, 3, 3)), Pair("b", "x", (6, 3, 3), (4, 3, 3)))
    lesson = Lesson(
        torch.zeros(2, 2),
        torch.zeros(2),
        torch.zeros(2),
        student_layers={"a": tokens, "b": maps},
        teacher_layers={"x": other},
    )
    loss = SpatialAttention(Site(pairs=pairs))(lesson)
    assert loss.item() == pytest.approx(2 * attention_loss(maps, other).item(), rel=1e-6)
