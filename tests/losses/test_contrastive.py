import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.contrastive import Contrastive, contrastive_loss, contrastive_scores, log_constant
from distill_core.losses.lesson import Lesson, Site
from distill_core.mapping.pairs import Pair

IMAGES, CLASSES = 40, 4
PAIR = Pair("s", "t", (6, 2, 2), (5,))


def site(**changes: Any) -> Site:
    return Site(**{"pairs": (PAIR,), "classes": CLASSES, "images": IMAGES, "seed": 3, **changes})


def lesson(step: int, **changes: Any) -> Lesson:
    generator = torch.Generator().manual_seed(step)
    indices = torch.randperm(IMAGES, generator=generator)[:8]
    return Lesson(
        **{
            "logits": torch.zeros(8, CLASSES),
            "labels": indices % CLASSES,
            "labelled": torch.ones(8, dtype=torch.bool),
            "teacher_logits": torch.randn(8, CLASSES, generator=generator),
            "indices": indices,
            "student_layers": {"s": torch.randn(8, 6, 2, 2, generator=generator)},
            "teacher_layers": {"t": torch.randn(8, 5, generator=generator)},
            **changes,
        }
    )


def train(term: Contrastive, optimiser: torch.optim.Optimizer, steps: range) -> list[float]:
    values = []
    for step in steps:
        optimiser.zero_grad()
        loss = term(lesson(step))
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    return values


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_equals_the_critic_of_the_paper_in_numpy() -> None:
    rng = np.random.default_rng(0)
    anchors, positives, negatives = (
        unit(rng.normal(size=(3, 4))),
        unit(rng.normal(size=(3, 4))),
        unit(rng.normal(size=(7, 4))),
    )
    usable = rng.random((3, 7)) > 0.3
    images, tau, z = 50, 0.2, 123.0
    total = 0.0
    for i in range(3):
        k = usable[i].sum()
        p = math.exp(anchors[i] @ positives[i] / tau) / z
        total -= math.log(p / (p + k / images))
        for j in np.flatnonzero(usable[i]):
            p = math.exp(anchors[i] @ negatives[j] / tau) / z
            total -= math.log((k / images) / (p + k / images))
    scores = contrastive_scores(torch.tensor(anchors), torch.tensor(positives), torch.tensor(negatives), tau)
    loss = contrastive_loss(*scores, torch.tensor(usable), torch.tensor(math.log(z)), images)
    assert loss.item() == pytest.approx(total / 3, rel=1e-6)


def test_the_constant_is_images_times_the_mean_of_the_exponentials() -> None:
    positive, negative = torch.tensor([0.0, 1.0]), torch.tensor([[2.0, 3.0], [4.0, 5.0]])
    usable = torch.tensor([[True, False], [True, True]])
    expected = math.log(10 * (1 + math.e + math.e**2 + math.e**4 + math.e**5) / 5)
    assert log_constant(positive, negative, usable, 10).item() == pytest.approx(expected, rel=1e-6)


def test_gradient_equals_finite_differences() -> None:
    torch.manual_seed(1)
    anchors = torch.randn(3, 4).double().requires_grad_()
    positives, negatives = torch.randn(3, 4).double(), torch.randn(5, 4).double()
    usable = torch.rand(3, 5) > 0.4

    def loss(rows: Tensor) -> Tensor:
        return contrastive_loss(*contrastive_scores(rows, positives, negatives, 0.5), usable, torch.tensor(1.0), 20)

    assert torch.autograd.gradcheck(loss, (anchors,))


def test_extreme_scores_and_anchors_without_negatives_stay_finite() -> None:
    positive = torch.tensor([1e4, -1e4], requires_grad=True)
    negative = torch.tensor([[1e4, -1e4], [1e4, -1e4]], requires_grad=True)
    loss = contrastive_loss(positive, negative, torch.tensor([[True, True], [False, False]]), torch.tensor(5.0), 9)
    loss.backward()
    assert torch.isfinite(loss)
    assert positive.grad is not None
    assert torch.isfinite(positive.grad).all()


def test_the_right_match_reads_less_than_a_wrong_one() -> None:
    views = torch.nn.functional.normalize(torch.randn(6, 8), dim=1)
    usable, z = ~torch.eye(6, dtype=torch.bool), torch.tensor(3.0)

    def loss(positives: Tensor) -> float:
        return contrastive_loss(*contrastive_scores(views, positives, views, 0.1), usable, z, 6).item()

    assert loss(views) < loss(views.roll(1, 0))


def test_a_reloaded_term_goes_on_as_if_never_stopped() -> None:
    term = Contrastive(site(), negatives=10)
    optimiser = torch.optim.SGD(term.parameters(), lr=0.1)
    train(term, optimiser, range(5))
    state = copy.deepcopy(term.state_dict())
    never_stopped = train(term, optimiser, range(5, 9))

    torch.manual_seed(999)
    resumed = Contrastive(site(), negatives=10)
    resumed.load_state_dict(state)
    assert train(resumed, torch.optim.SGD(resumed.parameters(), lr=0.1), range(5, 9)) == never_stopped
    for name, value in term.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_all_that_is_remembered_is_in_the_checkpoint() -> None:
    # Each of these, set back to what it was at the start, must change what comes next.
    term = Contrastive(site(), negatives=10)
    fresh = copy.deepcopy(term.state_dict())
    train(term, torch.optim.SGD(term.parameters(), lr=0.1), range(5))
    expected = copy.deepcopy(term)(lesson(5)).item()
    assert {"student_memory", "teacher_memory", "classes", "log_constants", "steps"} < set(fresh)
    for name in fresh:
        other = copy.deepcopy(term)
        other.load_state_dict({**term.state_dict(), name: fresh[name]})
        assert other(lesson(5)).item() != expected, name


def test_both_projections_are_learnt() -> None:
    term = Contrastive(site())
    term(lesson(0)).backward()
    names = {name for name, parameter in term.named_parameters() if parameter.grad is not None and parameter.grad.any()}
    assert names >= {"student_projection.weight", "teacher_projection.weight"}


def test_memory_is_kept_by_the_images_number() -> None:
    term = Contrastive(site(), momentum=0.25)
    before, batch = term.student_memory.clone(), lesson(0)
    term(batch)
    rest = torch.ones(IMAGES, dtype=torch.bool)
    rest[batch.indices] = False
    assert torch.equal(term.student_memory[rest], before[rest])
    view = torch.nn.functional.normalize(term.student_projection(batch.student_layers["s"].mean(dim=(2, 3))), dim=1)
    expected = unit((0.25 * before[batch.indices] + 0.75 * view).detach().numpy())
    np.testing.assert_allclose(term.student_memory[batch.indices].numpy(), expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="no indices"):
        term(lesson(1, indices=None))


def test_the_memory_of_another_image_gives_another_loss() -> None:
    # Fails if images are told apart by their place in the batch instead of their number.
    term = Contrastive(site()).eval()
    batch = lesson(0)
    assert batch.indices is not None
    assert term(batch) != term(lesson(0, indices=(batch.indices + 1) % IMAGES))


def test_negatives_known_to_be_of_the_anchors_class_are_left_out() -> None:
    term = Contrastive(site(images=3), negatives=100).eval()
    term.classes.copy_(torch.tensor([0, 0, 1]))
    batch = lesson(
        0,
        labels=torch.tensor([0]),
        labelled=torch.tensor([True]),
        teacher_logits=torch.zeros(1, CLASSES),
        indices=torch.tensor([0]),
        student_layers={"s": torch.randn(1, 6, 2, 2)},
        teacher_layers={"t": torch.randn(1, 5)},
    )
    value = term(batch).item()
    term.student_memory[1], term.teacher_memory[1] = torch.randn(128), torch.randn(128)
    assert term(batch).item() == value
    term.classes[1] = 2
    assert term(batch).item() != value


def test_classes_are_learnt_from_labels_where_seen_and_the_teacher_elsewhere() -> None:
    term = Contrastive(site())
    batch = lesson(0, labelled=torch.tensor([True] * 4 + [False] * 4))
    assert batch.indices is not None
    assert (term.classes == -1).all()
    term(batch)
    assert term.classes[batch.indices[:4]].tolist() == (batch.indices[:4] % CLASSES).tolist()
    assert term.classes[batch.indices[4:]].tolist() == batch.taught.argmax(1)[4:].tolist()
    assert (term.classes != -1).sum() == 8


def test_mixed_images_leave_memory_and_classes_alone_and_still_teach() -> None:
    term = Contrastive(site())
    mixed = lesson(0, partner_labels=torch.zeros(8).long(), partner_labelled=torch.ones(8).bool(), own_share=0.6)
    mixed.student_layers["s"].requires_grad_()
    before = copy.deepcopy(term.state_dict())
    loss = term(mixed)
    loss.backward()
    for name in ("student_memory", "teacher_memory", "classes"):
        assert torch.equal(term.state_dict()[name], before[name])
    assert torch.isfinite(loss)
    grad = mixed.student_layers["s"].grad
    assert grad is not None
    assert grad.any()


def test_looking_does_not_change_what_is_remembered() -> None:
    term = Contrastive(site()).eval()
    before = copy.deepcopy(term.state_dict())
    term(lesson(0))
    assert all(torch.equal(value, before[name]) for name, value in term.state_dict().items())


def test_there_are_never_more_negatives_than_other_images() -> None:
    term = Contrastive(site(images=IMAGES), negatives=16384)
    assert sorted(term._draw().tolist()) == list(range(IMAGES))
    few = Contrastive(site(), negatives=10)
    first = few._draw()
    assert len(set(first.tolist())) == 10
    few.steps += 1
    assert not torch.equal(first, few._draw())


def test_making_one_depends_on_the_seed_alone_and_draws_nothing_from_others() -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = Contrastive(site())
    first(lesson(0))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(6)
    second, other = Contrastive(site()), Contrastive(site(seed=4))
    second(lesson(0))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    assert not torch.equal(first.student_projection.weight, other.student_projection.weight)


@pytest.mark.parametrize(
    ("where", "options", "message"),
    [
        ({"pairs": ()}, {}, "one pair of layers, and got 0"),
        ({"pairs": (PAIR, PAIR)}, {}, "got 2"),
        ({"images": 1}, {}, "at least 2 images"),
        ({}, {"negatives": 0}, "at least 1"),
        ({}, {"temperature": 0}, "above 0, got 0"),
        ({}, {"momentum": 1.0}, "below 1, got 1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(where: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Contrastive(site(**where), **options)


def test_an_image_is_never_its_own_negative_even_where_no_class_is_known() -> None:
    # A mixed batch finds its positives in itself, so what the memory holds of its own images must not count.
    term = Contrastive(site()).eval()
    mixed = lesson(0, partner_labels=torch.zeros(8).long(), partner_labelled=torch.ones(8).bool(), own_share=0.6)
    alone = {"logits", "labels", "labelled", "teacher_logits", "indices"}
    one = lesson(
        0,
        partner_labels=torch.zeros(1).long(),
        **{name: getattr(mixed, name)[:1] for name in alone},
        student_layers={"s": mixed.student_layers["s"][:1]},
        teacher_layers={"t": mixed.teacher_layers["t"][:1]},
    )
    assert one.indices is not None
    value = term(one).item()
    term.student_memory[one.indices] = torch.randn(1, 128)
    term.teacher_memory[one.indices] = torch.randn(1, 128)
    assert term(one).item() == value
    term.student_memory[(one.indices + 1) % IMAGES] = torch.randn(1, 128)
    assert term(one).item() != value
