"""What a model weighs: parameters, bytes and multiply-accumulates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def parameters(model: nn.Module) -> int:
    """Numbers the model learns; a batch norm's running statistics are not among them."""
    return sum(parameter.numel() for parameter in model.parameters())


def bytes_fp32(model: nn.Module) -> int:
    """Bytes of parameters and buffers that a 32-bit file must hold."""
    return 4 * sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()) if tensor.is_floating_point())


def macs(model: nn.Module, example: Tensor) -> int:
    """Multiply-accumulates of one forward pass divided by the batch size; torch counts two FLOPs for each.

    Args:
        model: left in the mode it was in.
        example: `[N, ...]`, N >= 1.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    was_training = model.training
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter:
            model.eval()(example)
    finally:
        model.train(was_training)
    return counter.get_total_flops() // (2 * len(example))
