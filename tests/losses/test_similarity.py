import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.similarity import SimilarityPreserving, similarity_loss
from distill_core.mapping.pairs import Pair


def test_equals_the_formula_in_numpy_for_maps_of_different_shape() -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(5, 3, 4, 4)), rng.normal(size=(5, 6, 2, 2))

    def likeness(features: np.ndarray) -> np.ndarray:
        gram = features.reshape(5, -1) @ features.reshape(5, -1).T
        return gram / np.linalg.norm(gram, axis=1, keepdims=True)

    expected = np.linalg.norm(likeness(student) - likeness(teacher), "fro") ** 2 / 25
    assert similarity_loss(torch.tensor(student), torch.tensor(teacher)).item() == pytest.approx(expected, rel=1e-9)


def test_two_samples_on_paper() -> None:
    # Alike: rows (1, 1)/sqrt 2. Unlike: (1, 0) and (0, 1). Four entries, (1 - r)^2 and r^2 twice, r = sqrt(1/2).
    r = 0.5**0.5
    loss = similarity_loss(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.eye(2))
    assert loss.item() == pytest.approx(2 * ((1 - r) ** 2 + r**2) / 4, rel=1e-6)


def test_identical_or_turned_features_are_zero() -> None:
    features = torch.randn(6, 4).double()
    turn, _ = torch.linalg.qr(torch.randn(4, 4).double())
    assert similarity_loss(features, features).item() == 0
    assert similarity_loss(3 * features @ turn, features).item() == pytest.approx(0, abs=1e-12)


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(4, 3).double().requires_grad_(), torch.randn(4, 5).double()
    assert torch.autograd.gradcheck(lambda s: similarity_loss(s, teacher), (student,))


@pytest.mark.parametrize("scale", [0.0, 1e-4, 1e4])
@pytest.mark.parametrize("batch", [1, 4])
def test_dead_tiny_and_huge_features_stay_finite_with_their_gradient(scale: float, batch: int) -> None:
    student = (torch.randn(batch, 3, 4, 4) * scale).requires_grad_()
    loss = similarity_loss(student, torch.randn(batch, 7))
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_the_term_adds_over_pairs() -> None:
    pairs = (Pair("a", "b", (3,), (4,)), Pair("c", "d", (2, 4, 4), (5, 3)))
    student = {"a": torch.randn(4, 3), "c": torch.randn(4, 2, 4, 4)}
    teacher = {"b": torch.randn(4, 4), "d": torch.randn(4, 5, 3)}
    lesson = Lesson(
        torch.zeros(4, 2), torch.zeros(4).long(), torch.ones(4).bool(), student_layers=student, teacher_layers=teacher
    )
    expected = similarity_loss(student["a"], teacher["b"]) + similarity_loss(student["c"], teacher["d"])
    torch.testing.assert_close(SimilarityPreserving(Site(pairs=pairs))(lesson), expected)
    with pytest.raises(ConfigError, match="sp"):
        SimilarityPreserving(Site())
