from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from distill_core.losses import rows
from distill_core.losses.decoupled import decoupled_loss
from distill_core.losses.divergences import jensen_shannon_loss, reverse_kl_loss, skewed_kl_loss
from distill_core.losses.hard_labels import hard_label_loss
from distill_core.losses.rows import mean_over_rows, sum_over_rows
from distill_core.losses.soft_labels import label_loss, mixed_label_loss, soft_label_loss
from distill_core.losses.standardised import standardised_soft_label_loss
from distill_core.losses.truncated import keep, truncated_kl

Loss = Callable[[Tensor, Tensor], Tensor]
CLASSES = 13


def labels(count: int) -> tuple[Tensor, Tensor]:
    """The teacher has no part in them; every third is hidden, and says nothing that may be read."""
    labelled = torch.arange(count) % 3 > 0
    return torch.where(labelled, torch.arange(count) * 5 % CLASSES, 99), labelled


def of_labels(student: Tensor, _teacher: Tensor) -> Tensor:
    return label_loss(student, *labels(len(student)))


def of_mixed_labels(student: Tensor, _teacher: Tensor) -> Tensor:
    own, seen = labels(len(student))
    return mixed_label_loss(student, own, seen, own.roll(1), seen.roll(1), 0.7)


def truncated(student: Tensor, teacher: Tensor) -> Tensor:
    return truncated_kl(student, keep(teacher, 4, 2.0), 2.0)


def decoupled(student: Tensor, teacher: Tensor) -> Tensor:
    return decoupled_loss(student, teacher, torch.arange(len(student)) * 7 % CLASSES, 2.0)


LOSSES: dict[str, Loss] = {
    "kd": partial(soft_label_loss, temperature=2.0),
    "top-k": truncated,
    "hard": partial(hard_label_loss, temperature=2.0),
    "ce": of_labels,
    "mixed ce": of_mixed_labels,
    "rkl": partial(reverse_kl_loss, temperature=2.0),
    "jsd": partial(jensen_shannon_loss, temperature=2.0, beta=0.3),
    "skl": partial(skewed_kl_loss, temperature=2.0),
    "kd-std": standardised_soft_label_loss,
    "dkd": decoupled,
}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def answers(count: int, dtype: torch.dtype, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    student, teacher = 3 * torch.randn(2, count, CLASSES, generator=generator, dtype=torch.double).to(dtype)
    return student.requires_grad_(), teacher


def value_and_gradient(loss: Loss, student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    value = loss(student, teacher)
    (gradient,) = torch.autograd.grad(3 * value, student)
    return value.detach(), gradient


@pytest.fixture
def tiny_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows at a time, however few there are."""
    monkeypatch.setattr(rows, "AT_ONCE", 0)
    monkeypatch.setattr(rows, "CHUNK", 4 * CLASSES)


@each_loss
@pytest.mark.parametrize("count", [1, 4, 11, 12], ids=lambda count: f"{count} rows")
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.double, 1e-12), (torch.float32, 1e-6)], ids=["double", "float"]
)
def test_in_chunks_value_and_gradient_are_those_of_all_rows_at_once(
    loss: Loss, count: int, dtype: torch.dtype, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = value_and_gradient(loss, *answers(count, dtype))
    monkeypatch.setattr(rows, "AT_ONCE", 0)
    monkeypatch.setattr(rows, "CHUNK", 4 * CLASSES)
    chunked = value_and_gradient(loss, *answers(count, dtype))
    for one, other in zip(chunked, plain, strict=True):
        scale = float(other.abs().max())
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance * scale)


@each_loss
@pytest.mark.parametrize("chunked", [False, True], ids=["at once", "in chunks"])
def test_no_rows_are_worth_nothing(loss: Loss, chunked: bool, request: pytest.FixtureRequest) -> None:
    if chunked:
        request.getfixturevalue("tiny_chunks")
    value, gradient = value_and_gradient(loss, *answers(0, torch.double))
    assert value.item() == 0
    assert gradient.shape == (0, CLASSES)


@pytest.mark.usefixtures("tiny_chunks")
@pytest.mark.parametrize("loss", [LOSSES["kd"], LOSSES["ce"]], ids=["kd", "ce"])
def test_in_chunks_the_gradient_is_right_by_finite_differences(loss: Loss) -> None:
    student, teacher = answers(9, torch.double)
    assert torch.autograd.gradcheck(lambda logits: loss(logits, teacher), student)


@pytest.mark.usefixtures("tiny_chunks")
def test_in_chunks_every_tensor_that_asks_for_a_gradient_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    student, teacher = answers(9, torch.double)
    teacher.requires_grad_()
    both = torch.autograd.grad(reverse_kl_loss(student, teacher, 2.0), (student, teacher))
    monkeypatch.setattr(rows, "AT_ONCE", 2**22)
    plain = torch.autograd.grad(reverse_kl_loss(student, teacher, 2.0), (student, teacher))
    for one, other in zip(both, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("tiny_chunks")
def test_in_chunks_the_gradient_can_be_taken_twice() -> None:
    student, teacher = answers(9, torch.double)
    value = soft_label_loss(student, teacher, 2.0)
    (first,) = torch.autograd.grad(value, student, retain_graph=True)
    (second,) = torch.autograd.grad(2 * value, student)
    torch.testing.assert_close(second, 2 * first)


@pytest.mark.usefixtures("tiny_chunks")
def test_chunks_hold_as_many_rows_as_fit_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def noting(part: Tensor) -> Tensor:
        seen.append(len(part))
        return part.sum()

    sum_over_rows(noting, torch.zeros(11, CLASSES))
    monkeypatch.setattr(rows, "CHUNK", 1)
    sum_over_rows(noting, torch.zeros(2, CLASSES))
    assert seen == [4, 4, 3, 1, 1]


@pytest.mark.usefixtures("tiny_chunks")
def test_what_is_kept_of_answers_is_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    _, teacher = answers(11, torch.float32)
    chunked = keep(teacher, 4, 2.0)
    monkeypatch.setattr(rows, "AT_ONCE", 2**22)
    for one, other in zip(chunked, keep(teacher, 4, 2.0), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_few_logits_are_given_to_the_loss_as_they_are() -> None:
    logits, other = torch.zeros(2**22 // 64, 64, requires_grad=True), torch.zeros(2**22 // 64)
    given: list[tuple[Tensor, ...]] = []

    def noting(*tensors: Tensor) -> Tensor:
        given.append(tensors)
        return tensors[0].sum()

    for over in (mean_over_rows, sum_over_rows):
        over(noting, logits, other)
    assert all(tensors[0] is logits and tensors[1] is other for tensors in given)
    assert len(given) == 2


class Largest(TorchDispatchMode):
    """Counts results of each size."""

    def __init__(self, at_least: int) -> None:
        super().__init__()
        self.at_least, self.names = at_least, []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        made = result if isinstance(result, tuple | list) else (result,)
        for tensor in made:
            if isinstance(tensor, Tensor) and tensor._base is None and tensor.numel() >= self.at_least:
                self.names.append(str(operation))
        return result


@pytest.mark.parametrize(
    "loss", [LOSSES[name] for name in ("kd", "hard", "ce", "rkl")], ids=["kd", "hard", "ce", "rkl"]
)
def test_of_a_large_vocabulary_nothing_is_made_in_full_but_the_gradient(loss: Loss) -> None:
    student, teacher = torch.zeros(100, 50_000, requires_grad=True), torch.zeros(100, 50_000)
    with Largest(at_least=2**20) as large:
        loss(student, teacher).backward()
    assert [name for name in large.names if "empty_like" in name] == ["aten.empty_like.default"]
    assert all(name.startswith(("aten.empty_like", "aten.detach")) for name in large.names), large.names
