"""Relations between tokens: values by NumPy, the causal mask, gradients, extremes, and what the term reads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.registry import make_term
from distill_core.losses.token_relations import token_relation_loss, token_relations
from distill_core.mapping.pairs import Pair

EVERY = torch.ones(2, 4, dtype=torch.bool)


def drawn(width: int, seed: int) -> torch.Tensor:
    return torch.randn(2, 4, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_numpy(student: torch.Tensor, teacher: torch.Tensor, where: torch.Tensor, heads: int) -> float:
    """Token by token and head by head, each row over the tokens up to its own."""
    losses = []
    for text in range(len(student)):
        for token in np.flatnonzero(where[text].numpy()):
            for head in range(heads):
                rows = []
                for side in (student, teacher):
                    size = side.shape[2] // heads
                    part = side[text, :, head * size : (head + 1) * size].numpy()
                    likeness = part[: token + 1] @ part[token] / np.sqrt(size)
                    rows.append(np.exp(likeness) / np.exp(likeness).sum())
                q, p = rows
                losses.append(float((p * np.log(p / q)).sum()))
    return float(np.mean(losses))


@pytest.mark.parametrize(("ours", "theirs", "heads"), [(6, 6, 1), (6, 6, 3), (4, 12, 2)])
def test_it_equals_numpy_row_by_row_also_where_widths_differ(ours: int, theirs: int, heads: int) -> None:
    student, teacher = drawn(ours, 0), drawn(theirs, 1)
    where = EVERY.clone()
    where[0, :2] = where[1, 3] = False
    expected = by_numpy(student, teacher, where, heads)
    assert token_relation_loss(student, teacher, where, heads).item() == pytest.approx(expected, rel=1e-10)


def test_a_token_relates_to_itself_and_to_those_before_it_alone() -> None:
    relations = token_relations(drawn(6, 0), 2).exp()
    torch.testing.assert_close(relations.sum(3), torch.ones(2, 2, 4, dtype=torch.float64))
    assert not relations.triu(1).any()
    changed = drawn(6, 0)
    changed[:, 3] = 9.0
    torch.testing.assert_close(token_relations(changed, 2)[:, :, :3, :3], token_relations(drawn(6, 0), 2)[:, :, :3, :3])


def test_padding_on_the_right_changes_nothing() -> None:
    student, teacher = drawn(6, 0), drawn(6, 1)
    padded = [torch.cat([side, torch.full((2, 3, 6), 7.0, dtype=torch.float64)], dim=1) for side in (student, teacher)]
    longer = torch.cat([EVERY, torch.zeros(2, 3, dtype=torch.bool)], dim=1)
    expected = token_relation_loss(student, teacher, EVERY, 2)
    torch.testing.assert_close(token_relation_loss(*padded, longer, 2), expected)


def test_equal_relations_cost_nothing_and_none_that_count_neither() -> None:
    same = drawn(6, 0)
    assert token_relation_loss(same, same, EVERY, 3).item() == pytest.approx(0, abs=1e-12)
    assert token_relation_loss(same, drawn(6, 1), ~EVERY, 3).item() == 0


def test_gradients_are_right_and_reach_the_student_alone() -> None:
    student, teacher = drawn(4, 0).requires_grad_(), drawn(4, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: token_relation_loss(x, teacher, EVERY, 2), student)
    token_relation_loss(student, teacher, EVERY, 2).backward()
    assert teacher.grad is None


def test_extreme_vectors_stay_finite() -> None:
    student, teacher = 1e3 * drawn(4, 0).float(), 1e3 * drawn(4, 1).float()
    student.requires_grad_()
    loss = token_relation_loss(student, teacher, EVERY, 2)
    loss.backward()
    assert torch.isfinite(loss)
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        token_relation_loss(drawn(4, 0), drawn(4, 1)[:, :3], EVERY, 2)
    with pytest.raises(ValueError, match="3 relation heads do not divide a width of 4"):
        token_relations(drawn(4, 0), 3)
    wide = Pair("block1.attention.query", "block1.attention.query", (4, 6), (4, 4), "")
    with pytest.raises(ConfigError, match="heads: 4 do not divide the 6 numbers a token of"):
        make_term("relations", Site((wide,)), {"heads": 4})
    maps = Pair("stage1", "stage1", (8, 4, 4), (8, 4, 4), "")
    with pytest.raises(ConfigError, match="not one vector a token"):
        make_term("relations", Site((maps,)), {})


def test_the_term_adds_its_pairs_and_reads_the_texts_whole() -> None:
    student, teacher = drawn(4, 0), drawn(8, 1)
    pairs = (Pair("q", "Q", (4, 4), (4, 8), ""), Pair("k", "K", (4, 4), (4, 8), ""))
    lesson = Lesson(
        logits=torch.zeros(1, 2),
        labels=torch.zeros(1, dtype=torch.int64),
        labelled=torch.ones(1, dtype=torch.bool),
        where=EVERY,
        student_texts={"q": student, "k": 2 * student},
        teacher_texts={"Q": teacher, "K": teacher},
    )
    expected = sum(token_relation_loss(side, teacher, EVERY, 2) for side in (student, 2 * student))
    torch.testing.assert_close(make_term("relations", Site(pairs), {"heads": 2})(lesson), expected)
