import numpy as np
import pytest
import torch

from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.review import Fusion, KnowledgeReview, context_loss
from distill_core.mapping.pairs import Pair


def averaged(features: np.ndarray, size: int) -> np.ndarray:
    n, c, h, w = features.shape
    return features.reshape(n, c, size, h // size, size, w // size).mean(axis=(3, 5))


def by_hand(student: np.ndarray, teacher: np.ndarray, sizes: tuple[int, ...]) -> float:
    """Full map with weight 1 and averages with 1/2, 1/4 ..., over the sum of weights; for sizes that divide."""
    weights = [1.0] + [0.5 ** (i + 1) for i in range(len(sizes))]
    errors = [((student - teacher) ** 2).mean()]
    errors += [((averaged(student, size) - averaged(teacher, size)) ** 2).mean() for size in sizes]
    return float(np.dot(weights, errors) / sum(weights))


def test_equals_a_number_worked_out_on_paper() -> None:
    # differences 1, 1, 1, -3 on a 2x2 map: mean square 3; their average is 0; (1 * 3 + 1/2 * 0) / (3/2)
    student = torch.tensor([1.0, 1.0, 1.0, -3.0]).reshape(1, 1, 2, 2)
    assert context_loss(student, torch.zeros(1, 1, 2, 2)).item() == pytest.approx(2.0)


@pytest.mark.parametrize(("side", "sizes"), [(8, (4, 2, 1)), (16, (4, 2, 1)), (4, (2, 1)), (2, (1,)), (1, ())])
def test_averages_no_smaller_than_the_map_are_left_out_and_the_weights_move_up(
    side: int, sizes: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(side)
    student, teacher = rng.normal(size=(2, 2, 3, side, side))
    loss = context_loss(torch.from_numpy(student), torch.from_numpy(teacher))
    assert loss.item() == pytest.approx(by_hand(student, teacher, sizes), rel=1e-12)


def test_is_zero_when_identical() -> None:
    features = torch.randn(2, 3, 8, 8)
    assert context_loss(features, features) == 0


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(0)
    student = torch.randn(1, 2, 5, 5, dtype=torch.double, requires_grad=True)
    teacher = torch.randn(1, 2, 5, 5, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda s: context_loss(s, teacher), (student,))


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        context_loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4))


def test_fusion_weighs_the_own_and_the_deeper_map_at_every_place() -> None:
    torch.manual_seed(0)
    fusion = Fusion(3, 2, 5, (4, 4), deepest=False).double().eval()
    own, deeper = torch.randn(2, 3, 4, 4, dtype=torch.double), torch.randn(2, 2, 2, 2, dtype=torch.double)
    matched, fused = fusion(own, deeper)
    entered = np.einsum("oi,nihw->nohw", fusion.enter[0].weight[:, :, 0, 0].detach().numpy(), own.numpy())
    entered /= np.sqrt(1 + fusion.enter[1].eps)  # an untrained batch norm in evaluation
    grown = deeper.numpy().repeat(2, axis=2).repeat(2, axis=3)
    gate = fusion.weigh[0]
    scores = np.einsum("oi,nihw->nohw", gate.weight[:, :, 0, 0].detach().numpy(), np.concatenate([entered, grown], 1))
    shares = 1 / (1 + np.exp(-scores - gate.bias.detach().numpy()[:, None, None]))
    np.testing.assert_allclose(fused.detach().numpy(), shares[:, :1] * entered + shares[:, 1:] * grown, rtol=1e-9)
    assert matched.shape == (2, 5, 4, 4)


def lesson_of(pairs: tuple[Pair, ...]) -> Lesson:
    torch.manual_seed(0)
    return Lesson(
        torch.zeros(4, 2),
        torch.zeros(4),
        torch.zeros(4),
        student_layers={pair.student: torch.randn(4, *pair.student_shape, requires_grad=True) for pair in pairs},
        teacher_layers={pair.teacher: torch.randn(4, *pair.teacher_shape) for pair in pairs},
    )


THREE = (
    Pair("s1", "t1", (8, 16, 16), (64, 8, 8)),
    Pair("s2", "t2", (16, 8, 8), (128, 4, 4)),
    Pair("s3", "t3", (32, 4, 4), (256, 2, 2)),
)


def test_deep_student_layers_help_with_shallow_teacher_layers_and_not_the_other_way() -> None:
    lesson = lesson_of(THREE)
    term = KnowledgeReview(Site(pairs=THREE)).eval()
    matched = {}
    for level, fusion in enumerate(term.fusions, start=1):
        fusion.register_forward_hook(lambda _m, _i, out, level=level: matched.__setitem__(level, out[0]))
    term(lesson)
    for level, reached in ((1, {"s1", "s2", "s3"}), (2, {"s2", "s3"}), (3, {"s3"})):
        inputs = list(lesson.student_layers.values())
        grads = torch.autograd.grad(matched[level].square().sum(), inputs, retain_graph=True, allow_unused=True)
        found = {name for name, grad in zip(lesson.student_layers, grads, strict=True) if grad is not None}
        assert found == reached, level


@pytest.mark.parametrize("count", [1, 2, 3])
def test_takes_any_number_of_pairs(count: int) -> None:
    loss = KnowledgeReview(Site(pairs=THREE[:count]))(lesson_of(THREE[:count]))
    assert loss.isfinite()


def test_all_levels_share_the_width_of_the_deepest_student_layer_up_to_512() -> None:
    widths = {fusion.enter[0].out_channels for fusion in KnowledgeReview(Site(pairs=THREE)).fusions}
    assert widths == {32}
    wide = (Pair("s", "t", (1024, 1, 1), (8, 1, 1)),)
    assert KnowledgeReview(Site(pairs=wide)).fusions[0].enter[0].out_channels == 512
