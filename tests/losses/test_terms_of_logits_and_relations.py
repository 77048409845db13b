"""What every loss of logits and of relations has in common, through the registry."""

from typing import Any

import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.registry import LOSSES, make_term
from distill_core.mapping.pairs import Pair

OF_LOGITS = ("ce", "kd", "kd-std", "dkd", "dist", "rkl", "jsd", "skl")
OF_RELATIONS = ("nst", "sp", "rkd", "crd")
NAMES = OF_LOGITS + OF_RELATIONS
N, IMAGES = 8, 32
SHAPE = (6, 4, 4)


def make(name: str, classes: int, **options: Any) -> Term:
    pairs = () if LOSSES[name].layers == "none" else (Pair("s", "t", SHAPE, SHAPE),)
    return make_term(name, Site(pairs=pairs, classes=classes, images=IMAGES, seed=1), options)


def lesson(classes: int, *, alike: bool = False, scale: float = 1.0) -> Lesson:
    torch.manual_seed(classes)
    teacher, features = torch.randn(N, classes) * scale, torch.randn(N, *SHAPE)
    student = teacher.clone() if alike else torch.randn(N, classes) * scale
    layer = features.clone() if alike else torch.randn(N, *SHAPE)
    return Lesson(
        student.requires_grad_(),
        torch.arange(N) % classes,
        torch.arange(N) % 2 == 0,
        teacher_logits=teacher,
        indices=torch.arange(N),
        student_layers={"s": layer.requires_grad_()},
        teacher_layers={"t": features},
    )


def read(name: str, given: Lesson) -> torch.Tensor:
    """What of the student the loss reads."""
    return given.logits if name in OF_LOGITS else given.student_layers["s"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [2, 10])
def test_gives_a_finite_scalar_with_a_gradient_to_the_student(name: str, classes: int) -> None:
    given = lesson(classes)
    loss = make(name, classes)(given)
    loss.backward()
    gradient = read(name, given).grad
    assert loss.shape == ()
    assert torch.isfinite(loss)
    assert gradient is not None
    assert torch.isfinite(gradient).all()
    assert gradient.any()


@pytest.mark.parametrize("name", NAMES)
def test_takes_its_options_and_no_others(name: str) -> None:
    options = LOSSES[name].defaults
    make(name, 10, **options)
    with pytest.raises(ValueError, match="nonsense"):
        make(name, 10, nonsense=1)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"ce", "crd"}))
@pytest.mark.parametrize("classes", [2, 10])
def test_is_zero_and_least_where_the_student_equals_the_teacher(name: str, classes: int) -> None:
    term = make(name, classes)
    assert term(lesson(classes, alike=True)).item() == pytest.approx(0, abs=2e-5)
    assert term(lesson(classes)).item() > 1e-4


@pytest.mark.parametrize("name", OF_LOGITS)
@pytest.mark.parametrize("classes", [2, 10])
def test_logits_of_10000_stay_finite(name: str, classes: int) -> None:
    given = lesson(classes, scale=1e4)
    loss = make(name, classes)(given)
    loss.backward()
    assert torch.isfinite(loss)
    assert given.logits.grad is not None
    assert torch.isfinite(given.logits.grad).all()


# With two classes, standardised logits are 1 and -1 whatever they were: nothing to go down.
@pytest.mark.parametrize(("name", "classes"), [(n, c) for n in NAMES for c in (2, 10) if (n, c) != ("kd-std", 2)])
def test_some_steps_of_gradient_descent_lower_it(name: str, classes: int) -> None:
    given, term = lesson(classes), make(name, classes)
    tensors = [read(name, given), *term.parameters()]
    # A step that aims to take a hundredth off the first value, whatever the loss's scale.
    start = term(given)
    gradients = torch.autograd.grad(start, tensors)
    rate = 0.01 * start.item() / sum(g.square().sum().item() for g in gradients)
    optimiser = torch.optim.SGD(tensors, lr=rate)
    for _ in range(5):
        optimiser.zero_grad()
        loss = term(given)
        loss.backward()
        optimiser.step()
    assert term(given).item() < start.item()


@pytest.mark.parametrize("name", NAMES)
def test_is_the_same_twice_and_independent_of_other_terms(name: str) -> None:
    torch.manual_seed(0)
    first = make(name, 10)(lesson(10))
    torch.manual_seed(1)
    assert make(name, 10)(lesson(10)) == first


@pytest.mark.parametrize(
    ("name", "option", "value", "message"),
    [
        ("crd", "negatives", 10.5, "takes a whole number, such as 16384; got 10.5"),
        ("dkd", "beta", "half", "takes a number, such as 8.0; got 'half'"),
        ("deit", "hard", 1, "takes true or false, such as True; got 1"),
        ("dkd", "alpha", True, "takes a number, such as 1.0; got True"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(name: str, option: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(name, 10, **{option: value})


def test_a_whole_number_may_come_as_json_or_a_form_gives_it() -> None:
    assert isinstance(make("crd", 10, negatives=8.0).negatives, int)
