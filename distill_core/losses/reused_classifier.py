"""SimKD: Chen et al. 2022, "Knowledge Distillation with the Reused Teacher Classifier" (2203.14001)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.paired import need_pairs, tensors_of
from distill_core.losses.shapes import as_map, check_same_shape, map_shape, to_common_size
from distill_core.mapping.layers import quiet
from distill_core.mapping.pairs import form_of

NARROWING = 2
"""The projector's middle is the teacher's width divided by this (the paper's reduction factor r)."""


def reused_classifier_loss(projected: Tensor, features: Tensor) -> Tensor:
    """Mean of `(projected - features)^2` over everything; larger maps are averaged down to the smaller.

    Eq. 3 writes `||features - projector(student)||^2`; the mean makes the published weight 1 fit all sizes, as in the
    authors' code.

    Args:
        projected: the student's features after the projector, `[N, C, H, W]`, `[N, L, D]` or `[N, D]`.
        features: the teacher's, what its classifier starts from: the same shape, or a map of other height and width.

    Returns:
        A scalar; 0 if both are equal.

    Raises:
        ValueError: if they differ in more than the size of the map.
    """
    if projected.dim() == features.dim() == 4 and projected.shape[:2] == features.shape[:2]:
        projected, features = to_common_size(projected, features)
    check_same_shape(projected, features)
    return functional.mse_loss(projected, features)


class Projector(nn.Module):
    """The student's features in the shape the teacher's classifier expects: 1x1, 3x3, 1x1 convolutions, each with BN.

    A map comes out at the smaller of both sizes. Tokens and vectors come out in the teacher's own shape; leading tokens
    (class, distillation) are read from the averaged student map. ReLUs stand between the convolutions, and after the
    last where the teacher's features cannot be negative.

    Args:
        student_shape, teacher_shape: of one sample's features.
        rectify: whether the last ReLU is there.
    """

    def __init__(self, student_shape: tuple[int, ...], teacher_shape: tuple[int, ...], rectify: bool) -> None:
        super().__init__()
        self.form = form_of(teacher_shape)
        (width, *have), (target, *want) = map_shape(student_shape), map_shape(teacher_shape)
        both = zip(have, want, strict=True)
        height, breadth = (min(sides) for sides in both) if self.form == "map" else want
        self.size = (height, breadth)
        middle, kernel = max(1, target // NARROWING), 3 if max(self.size) > 1 else 1
        self.layers = nn.Sequential(
            nn.Conv2d(width, middle, 1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(inplace=True),
            nn.Conv2d(middle, middle, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU(inplace=True),
            nn.Conv2d(middle, target, 1, bias=False),
            nn.BatchNorm2d(target),
        )
        if rectify:
            self.layers.append(nn.ReLU(inplace=True))
        extra = teacher_shape[0] - height * breadth if self.form == "tokens" else 0
        self.leading = nn.Linear(width, extra * target) if extra else None

    def forward(self, features: Tensor) -> Tensor:
        """`[N, *student_shape]` -> `[N, *teacher_shape]`, or the map at its smaller size."""
        found = as_map(features)
        projected: Tensor = self.layers(_sized(found, self.size))
        if self.form == "map":
            return projected
        if self.form == "vector":
            return projected.flatten(1)
        tokens = projected.flatten(2).transpose(1, 2)
        if self.leading is None:
            return tokens
        return torch.cat([self.leading(found.mean(dim=(2, 3))).unflatten(1, (-1, tokens.shape[2])), tokens], dim=1)


class ReusedClassifierStudent(nn.Module):
    """What SimKD deploys: the student up to its features, the projector, and the teacher's classifier, frozen.

    Images -> logits `[N, C]`. All three parts count in its size and latency. The student's own classifier is left out
    and so is the teacher's body: of each model only the parts in use are copied, and neither model is changed. Tap
    `projector` for the loss. The teacher's part stays in eval mode and without gradient for its weights, while gradient
    flows through it to the student.

    Args:
        student, teacher: with `features(images)` and `head(features) -> logits`, and not tapped yet.
        student_shape, teacher_shape: of one sample's `features`.
        rectify: whether the teacher's features are never negative, as after a ReLU. By default true of maps.

    Raises:
        ConfigError: if a model has no `features` and `head`, or its head does not take features of that shape.
    """

    def __init__(
        self,
        student: nn.Module,
        teacher: nn.Module,
        student_shape: tuple[int, ...],
        teacher_shape: tuple[int, ...],
        rectify: bool | None = None,
    ) -> None:
        super().__init__()
        self.student = _without_head(student, student_shape)
        if rectify is None:
            rectify = form_of(teacher_shape) == "map"
        self.projector = Projector(student_shape, teacher_shape, rectify)
        self.teacher_head = _head_alone(teacher, teacher_shape)
        self.teacher_head.requires_grad_(False).eval()

    @classmethod
    def between(
        cls, student: nn.Module, takes: tuple[int, ...], teacher: nn.Module, teacher_takes: tuple[int, ...]
    ) -> ReusedClassifierStudent:
        """The composite of two models that take single inputs of these shapes; finds the features' shapes itself.

        Raises:
            ConfigError: if a model has no `features`.
        """
        shapes = features_shape(student, "student", takes), features_shape(teacher, "teacher", teacher_takes)
        return cls(student, teacher, *shapes)

    def features(self, images: Tensor) -> Tensor:
        """The projected features, in the teacher's form."""
        projected: Tensor = self.projector(cast(_TwoParts, self.student).features(images))
        return projected

    def head(self, features: Tensor) -> Tensor:
        """The teacher's classifier: `[N, C]`."""
        return cast(_TwoParts, self.teacher_head).head(features)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of a batch."""
        return self.head(self.features(images))

    def train(self, mode: bool = True) -> ReusedClassifierStudent:
        """Trains the student and the projector; the teacher's classifier stays as it is."""
        super().train(mode)
        self.teacher_head.eval()
        return self


class ReusedClassifier(Term):
    """`reused_classifier_loss` of the one pair: the student's `projector` and the teacher's features.

    It learns nothing itself: the projector is part of the student that is deployed. The paper trains with this alone
    (weights of labels and soft labels 0), and needs no label.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        need_pairs("simkd", site)
        if len(site.pairs) > 1:
            raise ConfigError(
                f"simkd: it compares one pair, the projector and the teacher's last features, and got "
                f"{len(site.pairs)}; leave the layers out."
            )

    def forward(self, lesson: Lesson) -> Tensor:
        """The loss of the pair."""
        ((projected, features),) = tensors_of(lesson, self.site)
        return reused_classifier_loss(projected, features)


class _TwoParts(Protocol):
    def features(self, images: Tensor) -> Tensor: ...

    def head(self, features: Tensor) -> Tensor: ...


def features_shape(model: nn.Module, role: str, takes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one sample's features; the mode of every module is as before.

    Raises:
        ConfigError: if the model has no `features`.
    """
    _need_parts(model, role)
    example = torch.zeros(2, *takes, device=next(model.parameters()).device)
    with quiet(model):
        return tuple(cast(_TwoParts, model).features(example).shape[1:])


def _need_parts(model: nn.Module, role: str) -> None:
    for part in ("features", "head"):
        if not callable(getattr(model, part, None)):
            raise ConfigError(
                f"simkd: the {role} ({type(model).__name__}) has no {part}(), so its classifier cannot be told from "
                "the rest; give the model features(images) and head(features), or use another loss."
            )


def _without_head(model: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """A copy of the model without the weights that only its head reads."""
    kept, used = _traced(model, "student", shape)
    for name in used:
        if kept.get_submodule(name).state_dict():
            kept.set_submodule(name, nn.Identity())
    return kept


def _head_alone(model: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """A copy of the model without the parts that its head does not call."""
    kept, used = _traced(model, "teacher", shape)
    _drop_all_but(kept, used)
    try:
        _try_head(kept, shape)
    except (AttributeError, TypeError) as error:
        raise ConfigError(
            f"simkd: the head of the teacher ({type(model).__name__}) reads weights that belong to no layer of the "
            f"head; put them into a module that head() calls, or use another loss ({error})."
        ) from error
    return kept


def _traced(model: nn.Module, role: str, shape: tuple[int, ...]) -> tuple[nn.Module, list[str]]:
    """A copy of the model, and the outermost of its modules that `head` calls."""
    _need_parts(model, role)
    kept = copy.deepcopy(model)
    called: list[str] = []

    def note(name: str) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            called.append(name)

        return hook

    hooks = [module.register_forward_pre_hook(note(name)) for name, module in kept.named_modules() if name]
    try:
        _try_head(kept, shape)
    except RuntimeError as error:
        raise ConfigError(
            f"simkd: the head of the {role} ({type(model).__name__}) does not take features of shape {shape}: {error}"
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    outermost = {name for name in called if not any(name.startswith(f"{other}.") for other in called)}
    return kept, sorted(outermost)


def _try_head(model: nn.Module, shape: tuple[int, ...]) -> None:
    """Runs the head on features of zeros; the mode of every module is as before."""
    with quiet(model):
        cast(_TwoParts, model).head(torch.zeros(2, *shape))


def _drop_all_but(module: nn.Module, used: list[str], prefix: str = "") -> None:
    """Replaces what lies on no way to a used module by `Identity`, and drops the weights a module on the way owns."""
    for name in [own for own, _ in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))]:
        setattr(module, name, None)
    for name, child in module.named_children():
        path = prefix + name
        if path in used:
            continue
        if any(other.startswith(f"{path}.") for other in used):
            _drop_all_but(child, used, f"{path}.")
        else:
            module.set_submodule(name, nn.Identity())


def _sized(features: Tensor, size: tuple[int, int]) -> Tensor:
    have = (features.shape[2], features.shape[3])
    if have == size:
        return features
    if all(own >= wanted for own, wanted in zip(have, size, strict=True)):
        return functional.adaptive_avg_pool2d(features, size)
    return functional.interpolate(features, size=size, mode="bilinear", align_corners=False)
