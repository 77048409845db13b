import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from distill_core.errors import ConfigError
from distill_core.mapping.connectors import connect, parameters, plan

Shape = tuple[int, ...]

TABLE: list[tuple[Shape, Shape, int, str]] = [
    ((4, 2, 2), (4, 2, 2), 1, "identity"),
    ((5, 8), (5, 8), 1, "identity"),
    ((32, 8, 8), (192, 8, 8), 1, "1x1 convolution 32 -> 192"),
    ((32, 8, 8), (192, 16, 16), 1, "1x1 convolution 32 -> 192, then bilinear 8x8 -> 16x16"),
    ((32, 16, 16), (64, 8, 8), 1, "2x2 convolution 32 -> 64 with stride 2"),
    ((8, 16, 16), (8, 4, 4), 1, "4x4 convolution 8 -> 8 with stride 4"),
    ((8, 16, 16), (8, 2, 2), 1, "average pooling 16x16 -> 2x2"),
    ((32, 7, 7), (64, 3, 3), 1, "average pooling 7x7 -> 3x3, then 1x1 convolution 32 -> 64"),
    ((32, 4, 4), (64, 1, 1), 1, "average pooling 4x4 -> 1x1, then 1x1 convolution 32 -> 64"),
    ((3, 4, 2), (3, 2, 4), 1, "bilinear 4x2 -> 2x4"),
    ((8, 4, 4), (48, 4, 4), 2, "1x1 convolutions 8 -> 20 -> 48, batch norm and ReLU between"),
    (
        (8, 8, 8),
        (64, 4, 4),
        3,
        "2x2 convolutions 8 -> 16 -> 32 -> 64 with stride 2 at first, batch norm and ReLU between",
    ),
    (
        (32, 8, 8),
        (17, 64),
        1,
        "2x2 convolution 32 -> 64 with stride 2, then 4x4 places as 16 tokens, "
        "beside 1 leading token from the averaged map, linear 32 -> 64",
    ),
    ((64, 4, 4), (16, 64), 1, "4x4 places as 16 tokens"),
    (
        (18, 64),
        (32, 8, 8),
        1,
        "16 tokens as 4x4 places (2 leading tokens left out), then 1x1 convolution 64 -> 32, then bilinear 4x4 -> 8x8",
    ),
    ((17, 64), (17, 128), 1, "linear 64 -> 128"),
    ((17, 64), (65, 128), 2, "patch grid 4x4 -> 8x8, then linear 64 -> 91 -> 128 with layer norm and ReLU between"),
    ((64, 8), (18, 8), 1, "patch grid 8x8 -> 4x4, 2 leading tokens from the average"),
    ((7, 8), (7, 16), 1, "linear 8 -> 16"),
    ((32, 8, 8), (10,), 1, "average over 8x8, then linear 32 -> 10"),
    ((17, 64), (10,), 1, "the first token, then linear 64 -> 10"),
    ((16, 64), (64,), 1, "average over 16 tokens"),
    ((16,), (32,), 1, "linear 16 -> 32"),
    ((16,), (32, 1, 1), 1, "linear 16 -> 32, then as 32 channels of 1x1"),
    ((16,), (1, 8), 1, "linear 16 -> 8, then as 1 tokens of 8"),
]


@pytest.mark.parametrize(("student", "teacher", "steps", "words"), TABLE)
def test_gives_the_teachers_shape_says_how_and_passes_gradients(
    student: Shape, teacher: Shape, steps: int, words: str
) -> None:
    connector = connect(student, teacher, steps)
    features = torch.randn(3, *student, requires_grad=True)
    out = connector(features)
    assert out.shape == (3, *teacher)
    assert plan(student, teacher, steps) == words
    out.square().sum().backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
    assert all(parameter.grad is not None for parameter in connector.parameters())
    assert parameters(student, teacher, steps) == sum(parameter.numel() for parameter in connector.parameters())


def test_equal_shapes_pass_through_untouched() -> None:
    features = torch.randn(2, 4, 3, 3)
    assert connect((4, 3, 3), (4, 3, 3))(features) is features


def test_parameters_are_those_counted_on_paper() -> None:
    assert parameters((32, 8, 8), (192, 8, 8)) == 32 * 192 + 192
    assert parameters((32, 16, 16), (64, 8, 8)) == 32 * 64 * 4 + 64
    # 8 -> 20 without bias, batch norm of 20, 20 -> 48 with bias
    assert parameters((8, 4, 4), (48, 4, 4), 2) == 8 * 20 + 2 * 20 + 20 * 48 + 48
    assert parameters((4, 2, 2), (9, 2, 2)) == parameters((4, 2, 2), (9, 8, 8))


def test_counting_takes_no_memory_for_weights() -> None:
    assert parameters((100_000, 4, 4), (100_000, 2, 2)) == 4 * 100_000**2 + 100_000


def test_a_connector_ends_without_an_activation_so_that_it_reaches_negative_targets() -> None:
    out = connect((8, 4, 4), (64, 4, 4), 3)(torch.randn(4, 8, 4, 4))
    assert out.min() < 0 < out.max()


def test_patches_keep_their_places_on_the_way_to_tokens_and_back() -> None:
    features = torch.randn(2, 8, 4, 4)
    tokens = connect((8, 4, 4), (17, 8))(features)
    torch.testing.assert_close(tokens[:, 1:].transpose(1, 2).reshape(2, 8, 4, 4), features)
    torch.testing.assert_close(connect((17, 8), (8, 4, 4))(tokens), features)


def test_leading_tokens_stay_when_the_grid_changes() -> None:
    tokens = torch.randn(2, 17, 8)
    resized = connect((17, 8), (6, 8))(tokens)
    torch.testing.assert_close(resized[:, 0], tokens[:, 0])
    torch.testing.assert_close(resized[:, 1], tokens[:, 1:].mean(dim=1))
    first_patch = tokens[:, 1:].reshape(2, 4, 4, 8)[:, :2, :2].mean(dim=(1, 2))
    torch.testing.assert_close(resized[:, 2], first_patch)


@pytest.mark.parametrize(
    ("student", "teacher", "steps", "message"),
    [
        ((8,), (8, 4, 4), 1, "forgotten which place"),
        ((8,), (17, 8), 1, "forgotten which place"),
        ((8, 8), (8, 4, 4), 1, "8 tokens of 8 are no square grid"),
        ((8, 4, 4), (8, 8), 1, "no square grid"),
        ((64, 4, 4), (64, 8, 8), 2, "from 64 to 64; use 1 step"),
        ((8, 4, 4), (64, 4, 4), 0, "at least 1, got 0"),
        ((1, 2, 3, 4), (8,), 1, "choose another layer"),
        ((0, 4, 4), (8,), 1, "choose another layer"),
    ],
)
def test_nonsense_is_refused_with_the_reason(student: Shape, teacher: Shape, steps: int, message: str) -> None:
    for refuse in (connect, plan, parameters):
        with pytest.raises(ConfigError, match=message):
            refuse(student, teacher, steps)


maps = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
tokens = st.tuples(st.sampled_from([1, 4, 5, 6, 9, 10, 16, 17, 18, 21]), st.integers(1, 9))
vectors = st.tuples(st.integers(1, 9))


@settings(max_examples=60, deadline=None)
@given(student=st.one_of(maps, tokens), teacher=st.one_of(maps, tokens, vectors), steps=st.integers(1, 3))
def test_any_map_and_any_tokens_reach_any_shape(student: Shape, teacher: Shape, steps: int) -> None:
    narrower = student[len(student) == 2] < teacher[len(teacher) == 2]
    connector = connect(student, teacher, steps if narrower else 1).eval()
    assert connector(torch.randn(2, *student)).shape == (2, *teacher)


def test_a_connector_can_learn_a_teacher_that_is_a_linear_map_of_the_student() -> None:
    torch.manual_seed(0)
    teacher = nn.Conv2d(4, 12, 1)
    connector = connect((4, 4, 4), (12, 4, 4))
    optimiser = torch.optim.Adam(connector.parameters(), lr=0.05)
    features = torch.randn(16, 4, 4, 4)
    target = teacher(features).detach()
    for _ in range(200):
        optimiser.zero_grad()
        loss = (connector(features) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-4
