import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from distill_core.config import Phase
from distill_core.errors import ConfigError
from distill_core.train.pools import Answers, easiest_images, hardness_of, pool_of, visible_labels

LABELS = torch.arange(200) % 10


def never() -> torch.Tensor:
    raise AssertionError("asked")


def says(teacher: torch.Tensor) -> Answers:
    return Answers(lambda: teacher, never)


@settings(max_examples=40, deadline=None)
@given(budget=st.integers(10, 200), seed=st.integers(0, 50))
def test_visible_labels_are_as_many_as_the_budget_and_balanced(budget: int, seed: int) -> None:
    visible = visible_labels(LABELS, 10, budget, seed)
    counts = LABELS[visible].bincount(minlength=10)
    assert visible.sum() == budget
    assert counts.max() - counts.min() <= 1


def test_a_scarce_class_does_not_shrink_the_budget() -> None:
    labels = torch.tensor([0] * 3 + [1] * 97)
    visible = visible_labels(labels, 2, 50, seed=0)
    assert visible.sum() == 50
    assert labels[visible].bincount().tolist() == [3, 47]


def test_the_seed_decides_which_labels_are_seen() -> None:
    assert torch.equal(visible_labels(LABELS, 10, 40, 1), visible_labels(LABELS, 10, 40, 1))
    assert not torch.equal(visible_labels(LABELS, 10, 40, 1), visible_labels(LABELS, 10, 40, 2))


def test_a_smaller_budget_is_part_of_a_larger_one() -> None:
    small, large = visible_labels(LABELS, 10, 40, 3), visible_labels(LABELS, 10, 80, 3)
    assert bool(large[small].all())


@pytest.mark.parametrize(("budget", "message"), [(201, "more than the 200 images"), (9, "fewer than the 10 classes")])
def test_an_impossible_budget_is_named(budget: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        visible_labels(LABELS, 10, budget, 0)


def test_easiest_images_are_ranked_within_each_predicted_class() -> None:
    # Class 0 is answered with confidence, class 1 hardly: ranked together, class 1 would vanish.
    logits = torch.tensor([[9.0, 0], [8.0, 0], [7.0, 0], [6.0, 0], [0, 0.4], [0, 0.3], [0, 0.2], [0, 0.1]])
    nothing = torch.zeros(8, dtype=torch.bool)
    hardness = hardness_of("teacher-confidence", logits, never, torch.zeros(8, dtype=torch.long), nothing)
    assert easiest_images(logits.argmax(dim=1), hardness, 0.5).tolist() == [0, 1, 4, 5]


def test_loss_is_taken_against_the_label_where_it_may_be_seen_and_else_against_the_teachers_answer() -> None:
    teacher, student = torch.tensor([[2.0, 0], [2.0, 0]]), torch.tensor([[0.0, 1], [0.0, 1]])
    labels, visible = torch.tensor([1, 1]), torch.tensor([True, False])
    # Cross-entropy of a gap g between two logits is log(1 + exp(-g)) for the larger's class, log(1 + exp(g)) else.
    of_teacher = hardness_of("teacher-loss", teacher, never, labels, visible)
    assert of_teacher.tolist() == pytest.approx([math.log(1 + math.e**2), math.log(1 + math.e**-2)], rel=1e-5)
    of_student = hardness_of("student-loss", teacher, lambda: student, labels, visible)
    assert of_student.tolist() == pytest.approx([math.log(1 + math.e**-1), math.log(1 + math.e)], rel=1e-5)


def test_a_curriculum_draws_from_the_share_it_is_told() -> None:
    logits = torch.tensor([[9.0, 0], [8.0, 0], [7.0, 0], [6.0, 0]])
    phase = Phase(name="p", share=1, pool="curriculum")
    nothing = torch.zeros(4, dtype=torch.bool)
    pools = [pool_of(phase, torch.zeros(4, dtype=torch.long), nothing, says(logits), share) for share in (0.25, 0.5, 1)]
    assert [pool.tolist() for pool in pools] == [[0], [0, 1], [0, 1, 2, 3]]


def test_every_predicted_class_keeps_an_image() -> None:
    predicted, hardness = torch.tensor([0, 1, 1]), torch.tensor([0.1, 0.1, 0.2])
    assert easiest_images(predicted, hardness, 0.01).tolist() == [0, 1]


def test_an_unlabelled_image_belongs_to_the_class_the_teacher_says() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    visible = torch.tensor([True, False, True, False])
    logits = torch.tensor([[0.0, 1], [0.0, 1], [1.0, 0], [1.0, 0]])
    phase = Phase(name="p", share=1, pool="classes", classes=(1,))
    assert pool_of(phase, labels, visible, says(logits)).tolist() == [1, 2]


def test_without_a_teacher_only_labelled_images_are_drawn() -> None:
    visible = visible_labels(LABELS, 10, 20, 0)
    for kind in ("all", "easiest", "labelled"):
        pool = pool_of(Phase(name="p", share=1, pool=kind), LABELS, visible, None)
        assert torch.equal(pool, visible.nonzero().flatten())


def test_with_a_teacher_the_whole_transfer_set_is_drawn_and_the_teacher_is_not_asked_needlessly() -> None:
    visible = visible_labels(LABELS, 10, 20, 0)
    assert len(pool_of(Phase(name="p", share=1), LABELS, visible, Answers(never, never))) == 200
    assert len(pool_of(Phase(name="p", share=1, pool="labelled"), LABELS, visible, Answers(never, never))) == 20


def test_an_empty_pool_is_named() -> None:
    phase = Phase(name="p", share=1, pool="classes", classes=(3,))
    with pytest.raises(ConfigError, match="phase 'p' has no images"):
        pool_of(phase, torch.zeros(5, dtype=torch.long), torch.ones(5, dtype=torch.bool), None)
