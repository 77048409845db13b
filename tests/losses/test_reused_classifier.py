from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.losses.reused_classifier import (
    Projector,
    ReusedClassifier,
    ReusedClassifierStudent,
    reused_classifier_loss,
)
from distill_core.mapping.pairs import Pair
from distill_core.vision.models import build


class Net(nn.Module):
    """A convolution with norm, and a head of a hidden layer with norm and dropout, after pooling."""

    def __init__(self, width: int, stride: int, classes: int = 5) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, stride, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.Dropout(0.5))
        self.last = nn.Linear(width, classes)

    def features(self, images: Tensor) -> Tensor:
        return self.stem(images)

    def head(self, features: Tensor) -> Tensor:
        return self.last(self.classifier(self.pool(features).flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


class TokenNet(nn.Module):
    """16 patches after a class token; the head reads the class token alone."""

    def __init__(self, width: int, classes: int = 5) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, 4)
        self.tokens = nn.Parameter(torch.randn(1, 1, width))
        self.register_buffer("positions", torch.randn(1, 16, width), persistent=False)
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)

    def features(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2) + self.positions
        return self.norm(torch.cat([self.tokens.expand(len(images), -1, -1), patches], dim=1))

    def head(self, features: Tensor) -> Tensor:
        return self.classifier(features[:, 0])

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


class VectorNet(nn.Module):
    def __init__(self, width: int, classes: int = 5) -> None:
        super().__init__()
        self.layer = nn.Linear(256, width)
        self.classifier = nn.Linear(width, classes)

    def features(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1))

    def head(self, features: Tensor) -> Tensor:
        return self.classifier(features)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def small_and_large() -> tuple[ReusedClassifierStudent, Net, Net]:
    torch.manual_seed(0)
    student, teacher = Net(4, stride=4), Net(12, stride=2).eval()
    return ReusedClassifierStudent(student, teacher, (4, 4, 4), (12, 8, 8)), student, teacher


def test_loss_equals_a_number_worked_out_on_paper() -> None:
    # The teacher's 2x2 map averages to 2.5; the student says 1.
    teacher = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 2, 2)
    assert reused_classifier_loss(torch.ones(1, 1, 1, 1), teacher).item() == pytest.approx(2.25)


def test_loss_equals_numpy_at_the_smaller_size() -> None:
    rng = np.random.default_rng(0)
    projected, features = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 3, 8, 8))
    down = features.reshape(2, 3, 4, 2, 4, 2).mean(axis=(3, 5))
    loss = reused_classifier_loss(torch.from_numpy(projected), torch.from_numpy(features))
    assert loss.item() == pytest.approx(((projected - down) ** 2).mean(), rel=1e-12)


def test_loss_is_zero_when_identical_and_its_gradient_equals_finite_differences() -> None:
    projected = torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True)
    assert reused_classifier_loss(projected, projected) == 0
    features = torch.randn(2, 3, 4, 4, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda p: reused_classifier_loss(p, features), (projected,))


def test_loss_refuses_shapes_that_would_broadcast_and_more_than_one_pair() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        reused_classifier_loss(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3, 4, 4))
    with pytest.raises(ConfigError, match=r"one pair.*got 2; leave the layers out"):
        ReusedClassifier(Site(pairs=(Pair("projector", "x", (4,), (4,)),) * 2))


def test_a_student_whose_projection_is_the_teachers_features_answers_as_the_teacher() -> None:
    composite, _, teacher = small_and_large()
    features = teacher.features(torch.randn(3, 1, 16, 16))
    torch.testing.assert_close(composite.head(features), teacher.head(features))


def test_neither_own_classifier_nor_teachers_body_is_kept_and_the_rest_is_counted() -> None:
    composite, student, teacher = small_and_large()
    projector = 4 * 6 + 2 * 6 + 9 * 6 * 6 + 2 * 6 + 6 * 12 + 2 * 12
    head = count(teacher.classifier) + count(teacher.last)
    assert count(composite) == count(student.stem) + projector + head
    names = set(composite.state_dict())
    assert not any(name.startswith(("student.classifier", "student.last", "teacher_head.stem")) for name in names)
    assert {"student.stem.0.weight", "projector.layers.0.weight", "teacher_head.last.bias"} <= names


def test_neither_model_is_changed_or_shared() -> None:
    torch.manual_seed(0)
    student, teacher = Net(4, 4), Net(12, 2)
    before = [{name: value.clone() for name, value in model.state_dict().items()} for model in (student, teacher)]
    composite = ReusedClassifierStudent(student, teacher, (4, 4, 4), (12, 8, 8)).train()
    optimiser = torch.optim.SGD([p for p in composite.parameters() if p.requires_grad], lr=1.0)
    composite(torch.randn(4, 1, 16, 16)).square().mean().backward()
    optimiser.step()
    for model, state in zip((student, teacher), before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        assert all(parameter.requires_grad for parameter in model.parameters())
        assert all(module.training for module in model.modules())


def test_the_reused_head_stays_frozen_and_in_evaluation_while_gradient_passes_through_it() -> None:
    composite, _, _ = small_and_large()
    composite.train()
    assert composite.student.training
    assert not any(module.training for module in composite.teacher_head.modules())
    assert not any(parameter.requires_grad for parameter in composite.teacher_head.parameters())
    before = {name: value.clone() for name, value in composite.teacher_head.state_dict().items()}
    composite(torch.randn(4, 1, 16, 16)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in composite.student.stem[0].parameters())
    assert all(torch.equal(value, before[name]) for name, value in composite.teacher_head.state_dict().items())


@pytest.mark.parametrize(
    ("student", "student_shape"), [(Net(4, 4), (4, 4, 4)), (TokenNet(6), (17, 6)), (VectorNet(7), (7,))]
)
@pytest.mark.parametrize(
    ("teacher", "teacher_shape"), [(Net(12, 2), (12, 8, 8)), (TokenNet(10), (17, 10)), (VectorNet(9), (9,))]
)
def test_maps_tokens_and_vectors_teach_each_other(
    student: nn.Module, student_shape: tuple[int, ...], teacher: nn.Module, teacher_shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    composite = ReusedClassifierStudent(student, teacher, student_shape, teacher_shape)
    images = torch.randn(3, 1, 16, 16)
    projected = {}
    composite.projector.register_forward_hook(lambda _m, _i, out: projected.update(out=out))
    assert composite(images).shape == (3, 5)
    loss = reused_classifier_loss(projected["out"], teacher.features(images).detach())
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is not None for p in composite.student.parameters() if p.numel())


@pytest.mark.parametrize("student", ["resnet8-w2", "vit-32x1", "mlp-8x1"])
@pytest.mark.parametrize("teacher", ["vgg8-w4", "deit-32x1", "mlp-16x2"])
def test_models_of_the_zoo_keep_their_bodies_and_lose_their_heads(student: str, teacher: str) -> None:
    images = torch.randn(2, 1, 32, 32)
    small, large = build(student, 1, 10, seed=0).eval(), build(teacher, 1, 10, seed=1).eval()
    with torch.no_grad():
        shapes = [tuple(model.features(images).shape[1:]) for model in (small, large)]
        composite = ReusedClassifierStudent(small, large, *shapes).eval()
        torch.testing.assert_close(composite.student.features(images), small.features(images))
        torch.testing.assert_close(composite.head(large.features(images)), large(images))
    assert count(composite.student) == count(small) - count(small.classifier)
    assert not any("block" in name or "layer" in name for name in composite.teacher_head.state_dict())


def test_a_transformers_class_token_and_positions_are_not_carried_along() -> None:
    teacher = TokenNet(10)
    composite = ReusedClassifierStudent(Net(4, 4), teacher, (4, 4, 4), (17, 10))
    assert count(composite.teacher_head) == count(teacher.classifier)
    assert not list(composite.teacher_head.buffers())


def test_only_features_that_cannot_be_negative_end_in_a_relu() -> None:
    torch.manual_seed(0)
    images = torch.randn(4, 6, 4, 4)
    assert Projector((6, 4, 4), (8, 4, 4), rectify=True)(images).min() >= 0
    assert Projector((6, 4, 4), (8, 4, 4), rectify=False)(images).min() < 0


def test_training_brings_the_students_answers_to_the_teachers() -> None:
    composite, _, teacher = small_and_large()
    torch.manual_seed(1)
    images = torch.randn(16, 1, 16, 16)
    term = ReusedClassifier(Site(pairs=(Pair("projector", "stem", (12, 4, 4), (12, 8, 8)),)))
    with torch.no_grad():
        target = {"stem": teacher.features(images)}
    optimiser = torch.optim.SGD([p for p in composite.parameters() if p.requires_grad], lr=0.5, momentum=0.9)
    losses = []
    for _ in range(20):
        logits = composite(images)
        layers = {"projector": composite.features(images)}
        nothing = torch.zeros(16)
        loss = term(Lesson(logits, nothing, nothing, student_layers=layers, teacher_layers=target))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_weights_survive_a_file_and_a_fresh_composite_takes_them(tmp_path: Path) -> None:
    composite, _, _ = small_and_large()
    save_file(composite.state_dict(), tmp_path / "weights.safetensors")
    fresh = ReusedClassifierStudent(Net(4, 4), Net(12, 2), (4, 4, 4), (12, 8, 8))
    fresh.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    images = torch.randn(2, 1, 16, 16)
    torch.testing.assert_close(fresh.eval()(images), composite.eval()(images))


def test_a_model_whose_classifier_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the teacher \(Linear\) has no features\(\)"):
        ReusedClassifierStudent(Net(4, 4), nn.Linear(3, 3), (4, 4, 4), (3,))
    with pytest.raises(ConfigError, match=r"head of the teacher \(Net\) does not take features of shape \(9, 8, 8\)"):
        ReusedClassifierStudent(Net(4, 4), Net(12, 2), (4, 4, 4), (9, 8, 8))
