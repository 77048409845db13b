"""Softmax at a temperature, and entropy, on arrays: for what has no need of torch, as pages and exported files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def softened(logits: NDArray[Any], temperature: float = 1.0) -> NDArray[np.float64]:
    """`softmax(logits / T)` over the last axis, of the same shape.

    Raises:
        ValueError: if the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def entropy_bits(shares: NDArray[Any]) -> NDArray[np.float64]:
    """Entropy in bits over the last axis: 0 for a label, log2 of the classes where all are equally likely."""
    logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
    bits: NDArray[np.float64] = -(shares * logs).sum(axis=-1) + 0.0
    return bits
