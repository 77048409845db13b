from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn


def _tiny_net(seed: int = 0) -> nn.Sequential:
    """Convolution, batch norm with statistics of its own, pooling, linear: `[B, 1, 8, 8]` -> `[B, 3]`."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    net(torch.randn(64, 1, 8, 8))
    return net.eval()


@pytest.fixture(scope="session")
def tiny_net() -> Callable[..., nn.Sequential]:
    """Makes a tiny trained-looking network; the same seed gives the same one."""
    return _tiny_net


@pytest.fixture
def write_onnx(tmp_path: Path):
    """Writes a one-node model whose inputs have these shapes and type."""

    def write(
        name: str, *shapes: list[int | str], kind: int = TensorProto.FLOAT, op: str | None = None, size: int = 0
    ) -> Path:
        names = [f"in{place}" for place in range(len(shapes))]
        op = op or ("Identity" if len(shapes) == 1 else "Add")
        inputs = [helper.make_tensor_value_info(each, kind, shape) for each, shape in zip(names, shapes, strict=True)]
        outputs = [helper.make_tensor_value_info("out", kind, None)]
        if size:
            weight = helper.make_tensor("w", TensorProto.FLOAT, [shapes[0][-1], size], np.ones(shapes[0][-1] * size))
            graph = helper.make_graph(
                [helper.make_node("MatMul", ["in0", "w"], ["out"])], "g", inputs, outputs, [weight]
            )
        else:
            graph = helper.make_graph([helper.make_node(op, names, ["out"])], "g", inputs, outputs)
        path = tmp_path / name
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
        return path

    return write
