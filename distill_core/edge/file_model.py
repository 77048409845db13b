"""An exported file that answers as a model does, so that it can be scored the same way."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from distill_core.edge.onnx_file import open_session


class FileModel(nn.Module):
    """Inputs `[B, ...]` -> logits, by ONNX Runtime on as many threads as it likes.

    Args:
        file: with one input called ``input``.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._session = open_session(file, threads=0)

    def forward(self, inputs: Tensor) -> Tensor:
        """What the file answers."""
        return torch.from_numpy(self._session.run(None, {"input": inputs.contiguous().numpy()})[0])
