import math

import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
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


def causal(*shape: int, seed: int) -> torch.Tensor:
    scores = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()
    later = torch.ones(shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -math.inf).softmax(dim=-1)


def lesson_of(student: torch.Tensor, teacher: torch.Tensor, where: torch.Tensor) -> Lesson:
    return Lesson(
        logits=torch.zeros(1, 2),
        labels=torch.zeros(1, dtype=torch.int64),
        labelled=torch.ones(1, dtype=torch.bool),
        where=where,
        student_layers={"s": student},
        teacher_layers={"t": teacher},
        student_texts={"s": student},
        teacher_texts={"t": teacher},
    )


@pytest.mark.parametrize(("ours", "theirs"), [(2, 2), (2, 3)])
def test_of_texts_the_queries_that_count_are_averaged_over_row_by_row(ours: int, theirs: int) -> None:
    student, teacher = causal(2, ours, 4, 4, seed=0), causal(2, theirs, 4, 4, seed=1)
    where = torch.tensor([[False, True, True, False], [False, False, True, False]])
    p, q = teacher.numpy(), student.numpy()
    if ours != theirs:
        p, q = p.mean(axis=1, keepdims=True), q.mean(axis=1, keepdims=True)
    rows = []
    for text, query in ((0, 1), (0, 2), (1, 2)):
        for head in range(p.shape[1]):
            seen = p[text, head, query, : query + 1], q[text, head, query, : query + 1]
            rows.append((seen[0] * np.log(seen[0] / seen[1])).sum())
    term = TransformerAttention(Site(pairs=(Pair("s", "t", (ours, 4, 4), (theirs, 4, 4)),)))
    assert term(lesson_of(student, teacher, where)).item() == pytest.approx(np.mean(rows), rel=1e-9)


def test_padding_on_the_right_changes_nothing() -> None:
    student, teacher = causal(2, 2, 3, 3, seed=0), causal(2, 2, 3, 3, seed=1)
    where = torch.tensor([[False, True, True], [True, True, False]])
    longer = [causal(2, 2, 5, 5, seed=seed) for seed in (2, 3)]
    for padded, side in zip(longer, (student, teacher), strict=True):
        padded[:, :, :3, :3] = side
    expected = transformer_attention_loss(student, teacher, where)
    more = torch.cat([where, torch.zeros(2, 2, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(transformer_attention_loss(*longer, more), expected)
    assert transformer_attention_loss(*longer) != expected


def test_texts_of_which_nothing_counts_cost_nothing() -> None:
    nothing = torch.zeros(2, 4, dtype=torch.bool)
    assert transformer_attention_loss(causal(2, 2, 4, 4, seed=0), causal(2, 2, 4, 4, seed=1), nothing) == 0


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
