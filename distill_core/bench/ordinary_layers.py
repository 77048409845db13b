"""The ordinary loop with a loss between layers: hooks on both models, the teacher asked live."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from distill_core.bench.ordinary import OrdinaryLoop
from distill_core.config import DistillConfig
from distill_core.task import Data

STAGES = ("stage1", "stage2", "stage3")
MIDDLE = "stage2"


class OrdinaryLayersLoop(OrdinaryLoop):
    """Labels and attention transfer of three stages, or labels and a hint of the middle one, as people write them.

    Args:
        data, student, teacher, config, workers: as for `OrdinaryLoop`; both models are ResNets of the zoo.
        loss: "at" (weight 1000) or "hint" (weight 100, its 1x1 regressor in the optimiser).
    """

    def __init__(
        self,
        data: Data,
        student: nn.Module,
        teacher: nn.Module,
        config: DistillConfig,
        workers: int,
        loss: Literal["at", "hint"],
    ) -> None:
        super().__init__(data, student, teacher, config, workers)
        self._kind = loss
        self._ours: dict[str, Tensor] = {}
        self._theirs: dict[str, Tensor] = {}
        for name in STAGES if loss == "at" else (MIDDLE,):
            student.get_submodule(name).register_forward_hook(_keep(self._ours, name))
            teacher.get_submodule(name).register_forward_hook(_keep(self._theirs, name))
        if loss == "hint":
            with torch.no_grad():
                example = torch.zeros(1, *data.facts.input_shape)
                student(example), teacher(example)
            widths = self._ours[MIDDLE].shape[1], self._theirs[MIDDLE].shape[1]
            self._regressor = nn.Conv2d(*widths, kernel_size=1)
            self._optimiser.add_param_group({"params": list(self._regressor.parameters()), "weight_decay": 0.0})

    @override
    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        with torch.no_grad():
            self._teacher(images)
        logits = self.student(images)
        labels_loss = functional.cross_entropy(logits, labels)
        if self._kind == "hint":
            return labels_loss + 100 * functional.mse_loss(self._regressor(self._ours[MIDDLE]), self._theirs[MIDDLE])
        distances = [(_attention(self._ours[name]) - _attention(self._theirs[name])).pow(2).mean() for name in STAGES]
        return labels_loss + 1000 * torch.stack(distances).sum()


def _attention(features: Tensor) -> Tensor:
    return functional.normalize(features.pow(2).mean(dim=1).flatten(1), dim=1)


def _keep(into: dict[str, Tensor], name: str) -> Any:
    def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        into[name] = output

    return hook
