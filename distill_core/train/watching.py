"""One image that nobody trains on, looked at by teacher and student again and again while the student learns."""

from __future__ import annotations

import base64
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.events import Looked, Watching
from distill_core.losses.attention import attention_map
from distill_core.losses.shapes import as_map, map_shape
from distill_core.mapping.layers import list_layers
from distill_core.mapping.pairs import Pair
from distill_core.mapping.suggest import suggest
from distill_core.mapping.taps import Taps
from distill_core.scoring import answering
from distill_core.task import Feed
from distill_core.train.setup import Workshop

LOOKS = 60
"""At most so many in a training, evenly over its epochs, besides the one before the first step."""
SIDE = 16
"""Larger maps are averaged down to so many places a side."""
PICTURE = 64
"""Larger images are kept with so many pixels a side."""
ENOUGH_PLACES = 100
"""A map of fewer places shows little of where a model looks."""
MOST_CLASSES = 20
"""Of more classes the answer is not kept."""
IMAGE = 0
"""The number of the image in the validation split."""


class Watcher:
    """Looks at the image for a run; it draws no random number and leaves the models as they are.

    Args:
        shop: of a run with a teacher, whose inputs are images.
        pair: the layers that are looked at.
    """

    def __init__(self, shop: Workshop, pair: Pair) -> None:
        self._shop, self._pair = shop, pair

    def introduction(self) -> Watching:
        """The image and the layers."""
        split = self._shop.data.validation
        image = split.inputs[IMAGE : IMAGE + 1].float().cpu()
        if max(image.shape[2:]) > PICTURE:
            image = functional.adaptive_avg_pool2d(image, PICTURE)
        if image.shape[1] not in (1, 3):
            image = image.mean(dim=1, keepdim=True)
        pixels = image[0].permute(1, 2, 0).round().to(torch.uint8)
        label = int(split.labels[IMAGE])
        return Watching(_packed(pixels), tuple(pixels.shape), label, self._pair.student, self._pair.teacher)

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch (from 1) is one of those after which the student looks; the last always is."""
        epochs = self._shop.config.training.epochs
        looks = min(LOOKS, epochs)
        return epoch * looks // epochs > (epoch - 1) * looks // epochs

    def student_looks(self, step: int, epoch: int) -> Looked:
        """Where the student is active, and what it answers."""
        return self._look("student", self._shop.student, self._shop.validation, self._pair.student, step, epoch)

    def teacher_looks(self) -> Looked:
        """The same of the teacher, for whom there is no step."""
        teacher = self._shop.teacher
        assert teacher is not None
        return self._look("teacher", teacher.model, teacher.validation, self._pair.teacher, 0, 0)

    def _look(
        self, who: Literal["student", "teacher"], model: nn.Module, feed: Feed, layer: str, step: int, epoch: int
    ) -> Looked:
        with answering(model), Taps(model, [layer]) as taps, self._shop.fabric.autocast():
            logits: Tensor = model(feed.plain(torch.tensor([IMAGE]))).float()
            features = taps.take()[layer].float()
        active = attention_map(as_map(features))[0, 0]
        height, width = (min(side, SIDE) for side in active.shape)
        if active.shape != (height, width):
            active = functional.adaptive_avg_pool2d(active[None, None], (height, width))[0, 0]
        most = active.max().clamp_min(torch.finfo(torch.float32).tiny)
        places = (255 * active / most).nan_to_num(0.0).round().to(torch.uint8).cpu()
        answer = logits.softmax(dim=1)[0].tolist() if logits.shape[1] <= MOST_CLASSES else []
        return Looked(step, epoch, who, _packed(places), (height, width), tuple(round(p, 4) for p in answer))


def watcher_of(shop: Workshop) -> Watcher | None:
    """Who looks during a run; None without a teacher, for inputs that are no images, or where no layer has places."""
    if shop.teacher is None or shop.data.validation.inputs.ndim != 4:
        return None
    pairs = [pair for pair in _pairs(shop) if _places(pair) > 1]
    telling = [pair for pair in pairs if _places(pair) >= ENOUGH_PLACES]
    if not pairs:
        return None
    return Watcher(shop, telling[-1] if telling else max(pairs, key=_places))


def _pairs(shop: Workshop) -> list[Pair]:
    """The layers that the run's terms compare, shallow to deep; else those that would suit."""
    mapped = [pair for _, term in shop.terms.named() if term.reads_teacher_layers for pair in term.site.pairs]
    if mapped:
        return mapped
    assert shop.teacher is not None
    device = shop.fabric.device
    try:
        student = list_layers(shop.student, shop.task.example(shop.data.facts).to(device))
        teacher = list_layers(shop.teacher.model, shop.task.example(shop.teacher.card).to(device))
        return list(suggest(student, teacher))
    except ConfigError:
        return []


def _places(pair: Pair) -> int:
    """Of the smaller of both maps; 0 where there is none."""
    try:
        return min(height * width for _, height, width in map(map_shape, (pair.student_shape, pair.teacher_shape)))
    except ConfigError:
        return 0


def _packed(numbers: Tensor) -> str:
    return base64.b64encode(numbers.contiguous().numpy().tobytes()).decode()
