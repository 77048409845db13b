"""The teacher asked anew at every step: for its layers, which are too large to keep, and for mixed images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from distill_core.mapping.taps import Taps
from distill_core.task import Feed
from distill_core.train.folding import folded
from distill_core.train.targets import TeacherAnswers


class LiveTeacher:
    """Answers a batch with logits and layers, without gradient.

    Args:
        teacher: frozen.
        feed: of the transfer set, as the teacher wants to see it.
        layers: names of the layers to read.
        count: told of every forward.
    """

    def __init__(self, teacher: nn.Module, feed: Feed, layers: Sequence[str], count: TeacherAnswers) -> None:
        self._model = folded(teacher, watched=layers)
        self._taps = Taps(self._model, layers)
        self._feed, self._count = feed, count

    def answer(
        self, indices: Tensor, draws: Tensor, mixed: Callable[[Tensor], Tensor] = lambda images: images
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The teacher's logits `[B, C]` and its layers by name.

        Args:
            indices: image numbers `[B]`.
            draws: their augmented versions `[B]`.
            mixed: what is done to the student's batch too, such as mixup.
        """
        with torch.no_grad():
            logits = self._model(mixed(self._feed.augmented(indices, draws)))
        self._count.asked += len(indices)
        self._count.forwards += len(indices)
        return logits, self._taps.take()
