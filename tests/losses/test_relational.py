import itertools
import math

import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.relational import Relational, angles, relational_loss, relative_distances
from distill_core.mapping.pairs import Pair


def huber(x: float) -> float:
    return x * x / 2 if abs(x) <= 1 else abs(x) - 0.5


def by_hand(student: np.ndarray, teacher: np.ndarray) -> tuple[float, float]:
    """The distance and the angle term, one pair and one triplet at a time."""
    n = len(student)

    def distances(x: np.ndarray) -> np.ndarray:
        d = np.array([[np.linalg.norm(a - b) for b in x] for a in x])
        return d / d[d > 0].mean()

    def cosine(x: np.ndarray, j: int, i: int, k: int) -> float:
        if j in (i, k):
            return 0.0
        e, f = x[i] - x[j], x[k] - x[j]
        return float(e @ f / np.linalg.norm(e) / np.linalg.norm(f))

    distance = np.vectorize(huber)(distances(student) - distances(teacher)).mean()
    triplets = itertools.product(range(n), repeat=3)
    angle = sum(huber(cosine(student, *t) - cosine(teacher, *t)) for t in triplets) / n**3
    return float(distance), angle


def test_both_terms_equal_the_formula_pair_by_pair() -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(5, 3)), rng.normal(size=(5, 6))
    distance, angle = by_hand(student, teacher)
    s, t = torch.tensor(student), torch.tensor(teacher)
    assert relational_loss(s, t, 1.0, 0.0).item() == pytest.approx(distance, rel=1e-9)
    assert relational_loss(s, t, 0.0, 1.0).item() == pytest.approx(angle, rel=1e-9)
    assert relational_loss(s, t).item() == pytest.approx(25 * distance + 50 * angle, rel=1e-9)


def test_a_right_angled_triangle_on_paper() -> None:
    corners = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert relative_distances(corners)[0].tolist() == pytest.approx([0, 3 / 4, 4 / 4])
    cosines = angles(corners)
    assert cosines[0, 1, 2].item() == pytest.approx(0, abs=1e-6)
    assert cosines[1, 0, 2].item() == pytest.approx(3 / 5)
    assert cosines[2, 0, 1].item() == pytest.approx(4 / 5)


def test_moving_turning_and_scaling_the_features_changes_nothing() -> None:
    torch.manual_seed(0)
    teacher = torch.randn(6, 4).double()
    turn, _ = torch.linalg.qr(torch.randn(4, 4).double())
    assert relational_loss(teacher, teacher).item() == 0
    assert relational_loss(7 * teacher @ turn + 3, teacher).item() == pytest.approx(0, abs=1e-9)
    assert relational_loss(torch.randn(6, 4).double(), teacher).item() > 0


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    student, teacher = torch.randn(4, 3).double().requires_grad_(), torch.randn(4, 5).double()
    assert torch.autograd.gradcheck(lambda s: relational_loss(s, teacher), (student,))


@pytest.mark.parametrize("batch", [1, 2])
def test_a_batch_too_small_for_relations_is_zero(batch: int) -> None:
    student = torch.randn(batch, 3, requires_grad=True)
    loss = relational_loss(student, torch.randn(batch, 5))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert student.grad is not None
    assert student.grad.abs().max().item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    "student",
    [torch.zeros(4, 3), torch.ones(4, 3), torch.eye(4, 3)[[0, 0, 1, 1]], torch.eye(4) * 1e4],
    ids=["dead", "all equal", "twins", "huge"],
)
def test_features_that_coincide_stay_finite_with_their_gradient(student: torch.Tensor) -> None:
    student = student.clone().requires_grad_()
    loss = relational_loss(student, torch.randn(4, 5))
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()
    assert student.grad.abs().max() < 1e3


def test_the_term_pools_maps_and_tokens_and_needs_a_pair() -> None:
    term = Relational(Site(pairs=(Pair("s", "t", (3, 2, 2), (5, 6)),)), distance=2.0, angle=3.0)
    maps, tokens = torch.randn(4, 3, 2, 2), torch.randn(4, 5, 6)
    lesson = Lesson(
        torch.zeros(4, 2),
        torch.zeros(4).long(),
        torch.ones(4).bool(),
        student_layers={"s": maps},
        teacher_layers={"t": tokens},
    )
    expected = relational_loss(maps.mean(dim=(2, 3)), tokens[:, 1:].mean(dim=1), 2.0, 3.0)
    torch.testing.assert_close(term(lesson), expected)
    assert math.isfinite(expected)
    with pytest.raises(ConfigError, match="rkd"):
        Relational(Site())
