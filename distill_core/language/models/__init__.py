"""Architectures by name: ``gpt-2x64`` is a GPT of 2 blocks, 64 wide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from distill_core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from distill_core.language.models.gpt import GPT

HEAD_WIDTH = 32
"""Of an attention head: a model's width is a multiple of it."""
LADDER = (
    "gpt-2x32",
    "gpt-1x64",
    "gpt-2x64",
    "gpt-2x96",
    "gpt-2x128",
    "gpt-2x160",
    "gpt-4x128",
    "gpt-4x160",
    "gpt-5x160",
)
"""With a vocabulary of 100, from 28 thousand parameters to 1.55 million."""


def title(architecture: str) -> str:
    """The name as people say it: ``gpt-2x64`` -> ``GPT, 2 blocks of 64``.

    Raises:
        ConfigError: if there is no such architecture.
    """
    blocks, width = _parts(architecture)
    return f"GPT, {blocks} block{'' if blocks == 1 else 's'} of {width}"


def build(architecture: str, vocabulary: int, seed: int) -> GPT:
    """An untrained model; the same seed gives the same weights, and torch's global generator is left alone.

    Args:
        architecture: ``gpt-{blocks}x{width}``, the width a multiple of 32, which is what a head has.
        vocabulary: tokens, special ones included.
        seed: decides the initial weights.

    Raises:
        ConfigError: if there is no such architecture, or fewer than 2 tokens.
    """
    import torch

    from distill_core.language.models.gpt import GPT, Shape

    blocks, width = _parts(architecture)
    if vocabulary < 2:
        raise ConfigError(
            f"vocabulary: {architecture} cannot be built for {vocabulary} tokens; give at least 2 to choose from"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPT(Shape(vocabulary, width, blocks, width // HEAD_WIDTH)).draw_weights()


def count_parameters(architecture: str, vocabulary: int) -> int:
    """Parameters of an architecture, without memory for its weights; the embedding, used twice, counts once."""
    import torch

    with torch.device("meta"):
        model = build(architecture, vocabulary, seed=0)
    return sum(parameter.numel() for parameter in model.parameters())


def of_depth(architecture: str, blocks: int) -> str:
    """The architecture as wide as this one, with so many blocks: ``gpt-4x160`` and 2 -> ``gpt-2x160``.

    Raises:
        ConfigError: if there is no such architecture.
    """
    name = f"gpt-{blocks}x{_parts(architecture)[1]}"
    _parts(name)
    return name


def _parts(architecture: str) -> tuple[int, int]:
    """Blocks and width of a name."""
    match = re.fullmatch(r"gpt-(\d{1,2})x(\d{1,4})", architecture)
    if match is None:
        error = unknown_name("student", architecture, LADDER)
        raise ConfigError(f"{error} Any gpt-BLOCKSxWIDTH will do too.")
    blocks, width = int(match[1]), int(match[2])
    if blocks < 1 or width < HEAD_WIDTH or width % HEAD_WIDTH:
        raise ConfigError(
            f"student: {architecture!r} cannot be built; the width is a multiple of {HEAD_WIDTH}, with at least 1 "
            "block, such as gpt-2x64"
        )
    return blocks, width
