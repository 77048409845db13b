"""What every loss between layers must do, whatever its formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.registry import make_term
from distill_core.mapping.pairs import Pair

N, CLASSES = 6, 5

EQUAL = ((16, 8, 8), (16, 8, 8))
LARGER_STUDENT = ((8, 32, 32), (64, 16, 16))
SMALLER_STUDENT = ((64, 4, 4), (8, 8, 8))
ODD_SIZES = ((8, 7, 7), (12, 5, 5))
TOKENS_TO_MAP = ((17, 12), (16, 8, 8))
MAP_TO_TOKENS = ((16, 8, 8), (17, 12))
TOKENS = ((17, 12), (18, 24))
VECTORS = ((12,), (24,))
WITH_PLACES = (EQUAL, LARGER_STUDENT, SMALLER_STUDENT, ODD_SIZES, TOKENS_TO_MAP, MAP_TO_TOKENS, TOKENS)
ATTENTION = (((3, 10, 10), (3, 10, 10)), ((3, 10, 10), (6, 10, 10)))
PROJECTED = (EQUAL, ((16, 4, 4), (16, 8, 8)), ((16, 8, 8), (16, 4, 4)), ((17, 12), (17, 12)), ((24,), (24,)))

SUITS = {
    "hint": (*WITH_PLACES, VECTORS),
    "vid": (*WITH_PLACES, VECTORS),
    "at": WITH_PLACES,
    "spatial": (*WITH_PLACES, VECTORS),
    "review": (*WITH_PLACES, VECTORS),
    "ofa": (*WITH_PLACES, VECTORS),
    "simkd": PROJECTED,
    "vit-attention": ATTENTION,
    "deit": ((),),
}
CASES = [pytest.param(name, shapes, id=f"{name}-{shapes}") for name, suited in SUITS.items() for shapes in suited]
FIRST = [pytest.param(name, suited[0], id=name) for name, suited in SUITS.items()]
LEARNT = {
    "hint": {"connectors"},
    "vid": {"connectors", "variances"},
    "spatial": {"connectors"},
    "review": {"fusions"},
    "ofa": {"exits"},
}
LEARNING = [case for case in CASES if case.values[0] in LEARNT and case.values[1] != EQUAL]


@dataclass
class Scene:
    """A term with the tensors it is shown; those of the student are leaves."""

    term: Term
    logits: Tensor
    taught: Tensor
    student: dict[str, Tensor] = field(default_factory=dict)
    teacher: dict[str, Tensor] = field(default_factory=dict)

    def lesson(self) -> Lesson:
        labels = torch.arange(N) % CLASSES
        # What attention is tapped from is a softmax, so its leaf is what comes before.
        attention = any(key.startswith("attention") for key in self.student)
        student = {key: leaf.softmax(dim=-1) if attention else leaf * 1 for key, leaf in self.student.items()}
        teacher = {key: leaf.softmax(dim=-1) if attention else leaf for key, leaf in self.teacher.items()}
        return Lesson(
            self.logits,
            labels,
            labels % 2 == 0,
            self.taught,
            student_layers=student,
            teacher_layers=teacher,
        )

    def loss(self) -> Tensor:
        return self.term(self.lesson())

    def leaves(self) -> list[Tensor]:
        return list(self.student.values()) or [self.logits]

    def parameters(self) -> Iterator[Tensor]:
        yield from self.leaves()
        yield from self.term.parameters()


def scene(name: str, shapes: tuple[tuple[int, ...], ...], pairs: int = 1, widening: int = 1) -> Scene:
    torch.manual_seed(0)
    kind = "attention" if name == "vit-attention" else "layer"
    made = tuple(
        Pair(f"{kind}{i}", f"{kind}{i}", *shapes, widening_steps=widening) for i in range(pairs if shapes else 0)
    )
    student = {pair.student: torch.randn(N, *pair.student_shape, requires_grad=True) for pair in made}
    if name == "deit":
        student = {"distilled_classifier": torch.randn(N, CLASSES, requires_grad=True)}
    return Scene(
        term=make_term(name, Site(pairs=made, classes=CLASSES, images=N), {}),
        logits=torch.randn(N, CLASSES, requires_grad=True),
        taught=torch.randn(N, CLASSES),
        student=student,
        teacher={pair.teacher: torch.randn(N, *pair.teacher_shape) for pair in made},
    )


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_the_loss_is_a_finite_scalar_whose_gradient_reaches_the_student_and_all_it_learns(
    name: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    shown = scene(name, shapes)
    loss = shown.loss()
    assert loss.shape == ()
    assert loss.isfinite()
    loss.backward()
    for leaf in shown.leaves():
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()
        assert leaf.grad.abs().sum() > 0
    for parameter_name, parameter in shown.term.named_parameters():
        assert parameter.grad is not None, parameter_name


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_a_few_steps_of_training_lower_it(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    optimiser = torch.optim.Adam(shown.parameters(), lr=0.02)
    losses = []
    for _ in range(6):
        loss = shown.loss()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("name", "shapes"), LEARNING)
def test_the_term_learns_even_when_the_student_does_not(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    optimiser = torch.optim.Adam(shown.term.parameters(), lr=0.01)
    before = shown.loss()
    for _ in range(5):
        optimiser.zero_grad()
        shown.loss().backward()
        optimiser.step()
    assert shown.loss() < before


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_extreme_values_stay_finite(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    with torch.no_grad():
        for tensor in (shown.logits, shown.taught, *shown.student.values(), *shown.teacher.values()):
            tensor.copy_(1e4 * tensor.sign())
    loss = shown.loss()
    loss.backward()
    assert loss.isfinite()
    assert all(leaf.grad is not None and leaf.grad.isfinite().all() for leaf in shown.leaves())


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_a_layer_that_says_nothing_stays_finite(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    with torch.no_grad():
        for tensor in (*shown.student.values(), *shown.teacher.values()):
            tensor.zero_()
    loss = shown.loss()
    loss.backward()
    assert loss.isfinite()
    assert all(leaf.grad is not None and leaf.grad.isfinite().all() for leaf in shown.leaves())


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_the_lessons_tensors_are_not_changed(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    lesson = shown.lesson()
    tensors = [lesson.logits, lesson.taught, lesson.labels, *lesson.student_layers.values()]
    tensors += lesson.teacher_layers.values()
    before = [tensor.detach().clone() for tensor in tensors]
    shown.term(lesson).backward()
    assert all(torch.equal(tensor, copy) for tensor, copy in zip(tensors, before, strict=True))


@pytest.mark.parametrize("name", ["hint", "vid", "spatial"])
def test_a_progressive_connector_changes_no_tensor_either(name: str) -> None:
    shown = scene(name, ((8, 8, 8), (64, 8, 8)), widening=3)
    lesson = shown.lesson()
    before = {key: value.detach().clone() for key, value in lesson.student_layers.items()}
    shown.term(lesson).backward()
    assert all(torch.equal(value, before[key]) for key, value in lesson.student_layers.items())


@pytest.mark.parametrize(("name", "shapes"), FIRST)
def test_the_teacher_receives_no_gradient_even_if_it_could(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    shown = scene(name, shapes)
    for tensor in (shown.taught, *shown.teacher.values()):
        tensor.requires_grad_()
    shown.loss().backward()
    assert all(tensor.grad is None for tensor in (shown.taught, *shown.teacher.values()))


@pytest.mark.parametrize("name", LEARNT)
def test_what_it_learns_is_in_its_parameters_and_survives_a_checkpoint(name: str) -> None:
    one, other = scene(name, LARGER_STUDENT, pairs=2), scene(name, LARGER_STUDENT, pairs=2)
    assert {key.split(".")[0] for key, _ in one.term.named_parameters()} == LEARNT[name]
    with torch.no_grad():
        for parameter in one.term.parameters():
            parameter.add_(torch.randn_like(parameter))
    lesson = one.lesson()
    one.term.eval()
    other.term.eval()
    assert one.term(lesson) != other.term(lesson)
    other.term.load_state_dict(one.term.state_dict())
    assert one.term(lesson) == other.term(lesson)


@pytest.mark.parametrize("name", LEARNT)
def test_two_terms_of_one_kind_share_nothing(name: str) -> None:
    one, other = scene(name, LARGER_STUDENT), scene(name, LARGER_STUDENT)
    places = [{parameter.data_ptr() for parameter in shown.term.parameters()} for shown in (one, other)]
    assert not places[0] & places[1]


@pytest.mark.parametrize("name", [name for name in SUITS if name != "deit"])
def test_an_empty_layer_map_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: it compares layers, and no pair of layers is given"):
        make_term(name, Site(), {})


@pytest.mark.parametrize("name", ["hint", "vid", "at", "spatial", "review", "vit-attention"])
def test_the_target_is_the_teachers_own_output(name: str) -> None:
    # A map on the teacher's side could shrink both sides to nothing: the loss must see a change of the teacher.
    shown = scene(name, SUITS[name][0])
    before = shown.loss()
    with torch.no_grad():
        for tensor in shown.teacher.values():
            tensor.copy_(tensor.flip(0))
    assert shown.loss() != before


@pytest.mark.parametrize("name", ["at", "spatial", "review"])
def test_tokens_that_make_no_square_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="12 tokens"):
        scene(name, ((12, 8), (16, 8, 8))).loss()
