"""Softmax at a temperature on arrays, for what has no need of torch: pages, and answers of exported files."""

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
