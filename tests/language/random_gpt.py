"""A GPT whose every part matters, and texts for it."""

from __future__ import annotations

import torch
from torch import Tensor

from distill_core.language import models
from distill_core.language.models.gpt import GPT


def gpt(name: str = "gpt-2x64", seed: int = 0, vocabulary: int = 100) -> GPT:
    """A model with weights large enough for every part to matter."""
    model = models.build(name, vocabulary, seed).eval()
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    return model


def texts(rows: int = 3, length: int = 12, seed: int = 0) -> Tensor:
    """`[rows, length]`, no token of which is padding."""
    return torch.randint(3, 100, (rows, length), generator=torch.Generator().manual_seed(seed))
