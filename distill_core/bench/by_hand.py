"""The best loop a good engineer would write in forty lines: the same work as the workbench's, and nothing else.

Images in memory, crops and flips by the batch, the teacher's answers looked up, channels_last by the same rule; no
events, no checkpoints, no phases, no label budget, no validation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.bench.work import BATCH, CROP_PADDING, SIDE, fresh_optimiser
from distill_core.config import DistillConfig
from distill_core.task import Data
from distill_core.train.schedule import learning_rate
from distill_core.train.setup import prefers_channels_last


class ByHandLoop:
    """Trains one epoch at a time.

    Args:
        data: the benchmark's.
        student: untrained.
        answers: the teacher's logits `[D, N, C]` for D augmented versions of every image.
        config: the recipe.
    """

    def __init__(self, data: Data, student: nn.Module, answers: Tensor, config: DistillConfig) -> None:
        self._format = torch.channels_last if prefers_channels_last(student) else torch.contiguous_format
        self.student = student.to(memory_format=self._format)
        self._answers, self._labels, self._config = answers, data.train.labels, config
        self._optimiser = fresh_optimiser(student, config.optimiser)
        self._mean = torch.tensor(data.facts.mean).view(-1, 1, 1) * 255
        self._std = torch.tensor(data.facts.std).view(-1, 1, 1) * 255
        padded = functional.pad(data.train.inputs, [CROP_PADDING] * 4)
        self._windows = padded.unfold(2, SIDE, 1).unfold(3, SIDE, 1)
        self._step, self._epoch = 0, 0

    def epoch(self) -> float:
        """Trains for one epoch; returns the mean loss."""
        self.student.train()
        count = len(self._labels)
        steps = count // BATCH
        temperature, alpha = self._config.objective.temperature, self._config.objective.alpha
        draw = self._epoch % len(self._answers)
        (top, left), flip = crops_and_flips(count, self._config.augmentation.augmentation_seed, draw)
        order = torch.randperm(count)
        total = torch.zeros(())
        for batch in order[: steps * BATCH].split(BATCH):
            logits = self.student(self.images(batch, top, left, flip))
            log_student = functional.log_softmax(logits / temperature, dim=1)
            log_teacher = functional.log_softmax(self._answers[draw, batch] / temperature, dim=1)
            kd = functional.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True) * temperature**2
            loss = alpha * kd + (1 - alpha) * functional.cross_entropy(logits, self._labels[batch])
            for group in self._optimiser.param_groups:
                group["lr"] = learning_rate(
                    self._step, steps * self._config.training.epochs, self._config.optimiser, self._config.phases[0]
                )
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            self._step += 1
            total += loss.detach()
        self._epoch += 1
        return float(total) / steps

    def images(self, batch: Tensor, top: Tensor, left: Tensor, flip: Tensor) -> Tensor:
        """Augmented inputs `[B, 3, 32, 32]` of the images `[B]`; corners and flips are `[N]`."""
        crops = self._windows[batch, :, top[batch], left[batch]]
        crops = torch.where(flip[batch].view(-1, 1, 1, 1), crops.flip(-1), crops)
        return crops.to(torch.float32, memory_format=self._format).sub_(self._mean).div_(self._std)


def crops_and_flips(count: int, seed: int, draw: int) -> tuple[Tensor, Tensor]:
    """Corners `[2, N]` and flips `[N]` of a draw, the same that the workbench's feed makes."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + draw)
    corners = torch.randint(0, 2 * CROP_PADDING + 1, (2, count), generator=generator)
    return corners, torch.rand(count, generator=generator) < 0.5
