"""The teacher asked anew at every step: for its layers, which are too large to keep, and for mixed images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import torch
from torch import Tensor, nn

from distill_core.mapping.taps import Taps
from distill_core.train.folding import folded
from distill_core.train.targets import TeacherAnswers


class LiveTeacher:
    """Answers a batch with logits and layers, without gradient.

    Args:
        teacher: frozen.
        layers: names of the layers to read.
        answers: False if nobody reads its logits; it then stops after the last layer that is read.
        count: told of every forward.
    """

    def __init__(self, teacher: nn.Module, layers: Sequence[str], answers: bool, count: TeacherAnswers) -> None:
        self.model = folded(teacher, watched=layers)
        self._taps = Taps(self.model, layers)
        self._count = count
        self._waiting: set[str] | None = None  # nobody has asked: others may use a teacher that is no copy
        self._layers = frozenset(layers)
        if not answers and layers:
            for name in layers:
                self.model.get_submodule(name).register_forward_hook(self._stopper(name))

    def answer(self, images: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        """The teacher's logits `[B, C]`, or None if nobody reads them, and its layers by name.

        Args:
            images: model inputs `[B, ...]` as the teacher takes them.
        """
        self._waiting = set(self._layers)
        logits: Tensor | None = None
        with torch.no_grad(), suppress(_Enough):
            logits = self.model(images)
        self._waiting = None
        self._count.asked += len(images)
        self._count.forwards += len(images)
        return logits, self._taps.take()

    def _stopper(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def stop(_module: nn.Module, _inputs: object, _output: object) -> None:
            if self._waiting is None:
                return
            self._waiting.discard(name)
            if not self._waiting:
                raise _Enough

        return stop


class _Enough(Exception):
    """Every layer that is read has been seen."""
