"""The loop people write: a DataLoader over PIL images, torchvision's transforms, the teacher asked live."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from distill_core.bench.work import BATCH, CROP_PADDING, GREY_SIDE, SIDE, fresh_optimiser
from distill_core.config import DistillConfig
from distill_core.task import Data, Split
from distill_core.train.schedule import learning_rate


class PictureDataset(Dataset[tuple[Tensor, int]]):
    """Images made and transformed one by one, as with torchvision's FashionMNIST: grey, made 32 pixels and colour."""

    def __init__(self, split: Split, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        margin = (SIDE - GREY_SIDE) // 2
        self._pictures = split.inputs[:, 0, margin:-margin, margin:-margin].numpy()
        self._labels = split.labels.tolist()
        self._transform = transforms.Compose(
            [
                transforms.Pad(margin),
                transforms.Grayscale(num_output_channels=3),
                transforms.RandomCrop(SIDE, padding=CROP_PADDING),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._pictures[index])), self._labels[index]


class OrdinaryLoop:
    """Plain PyTorch, one epoch at a time.

    Args:
        data: the benchmark's.
        student: untrained.
        teacher: trained.
        config: the recipe.
        workers: processes that load images; 0 loads in this one.
    """

    def __init__(self, data: Data, student: nn.Module, teacher: nn.Module, config: DistillConfig, workers: int) -> None:
        self.student = student
        self._teacher = teacher.eval().requires_grad_(False)
        self._config = config
        self._optimiser = fresh_optimiser(student, config.optimiser)
        self._step = 0
        torch.manual_seed(config.seed)
        self._loader = DataLoader(
            PictureDataset(data.train, data.facts.mean, data.facts.std),
            batch_size=BATCH,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=workers > 0,
        )

    def epoch(self) -> float:
        """Trains for one epoch; returns the mean loss."""
        self.student.train()
        steps = len(self._loader) * self._config.training.epochs
        total = 0.0
        for images, labels in self._loader:
            loss = self._loss(images, labels)
            for group in self._optimiser.param_groups:
                group["lr"] = learning_rate(self._step, steps, self._config.optimiser, self._config.phases[0])
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            self._step += 1
            total += loss.item()
        return total / len(self._loader)

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Soft labels and labels."""
        temperature, alpha = self._config.objective.temperature, self._config.objective.alpha
        with torch.no_grad():
            soft_targets = functional.softmax(self._teacher(images) / temperature, dim=1)
        logits = self.student(images)
        log_student = functional.log_softmax(logits / temperature, dim=1)
        kd = functional.kl_div(log_student, soft_targets, reduction="batchmean") * temperature**2
        return alpha * kd + (1 - alpha) * functional.cross_entropy(logits, labels)
