"""Architectures by name (``gpt-2x64``: a GPT of 2 blocks, 64 wide), and students that begin with a teacher's layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from distill_core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from distill_core.language.models.gpt import GPT

HEAD_WIDTH = 32
"""Of an attention head: a model's width is a multiple of it."""
LADDER = (
    "gpt-2x32",
    "gpt-1x64",
    "gpt-2x64",
    "gpt-2x96",
    "gpt-2x128",
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


def copy_layers(student: GPT, teacher: GPT, blocks: Sequence[int]) -> None:
    """Starts a student from a teacher: embedding, norm, and of each student block a teacher's block.

    Sanh et al. 2019, "DistilBERT" (1910.01108), section 3, which takes every other block.

    Args:
        student: overwritten.
        teacher: as wide as the student, with the same vocabulary; left as it is.
        blocks: for each block of the student in order, the teacher's, counted from 0: 0 is ``block1``.

    Raises:
        ConfigError: if the widths, heads or vocabularies differ, or `blocks` does not fit.
    """
    for part in ("width", "heads", "vocabulary"):
        ours, theirs = getattr(student.shape, part), getattr(teacher.shape, part)
        if ours != theirs:
            raise ConfigError(
                f"layers: the student's {part} is {ours} and the teacher's {theirs}, so none can be copied; take a "
                f"student whose {part} is {theirs}, or begin from random weights"
            )
    if len(blocks) != student.shape.depth:
        raise ConfigError(
            f"layers: {len(blocks)} blocks of the teacher are named, {list(blocks)}, for a student of "
            f"{student.shape.depth}; name one for each"
        )
    strange = [block for block in blocks if not 0 <= block < teacher.shape.depth]
    if strange:
        raise ConfigError(
            f"layers: the teacher has no block {strange[0]}; its {teacher.shape.depth} blocks are counted from 0 to "
            f"{teacher.shape.depth - 1}"
        )
    for name, block in zip(student.blocks, blocks, strict=True):
        student.get_submodule(name).load_state_dict(teacher.get_submodule(teacher.blocks[block]).state_dict())
    student.embedding.load_state_dict(teacher.embedding.state_dict())
    student.norm.load_state_dict(teacher.norm.state_dict())


def uniform(n: int, k: int) -> tuple[int, ...]:
    """`k` of `n` blocks spread evenly from the first to the last; of one alone, the first.

    12 and 6 give DistilBERT's (0, 2, 4, 7, 9, 11).

    Raises:
        ConfigError: unless `1 <= k <= n`.
    """
    _check_choice(n, k)
    steps = max(1, k - 1)
    return tuple((2 * i * (n - 1) + steps) // (2 * steps) for i in range(k))


def first_last(n: int, k: int) -> tuple[int, ...]:
    """`k` of `n` blocks from both ends; an odd one comes from the beginning: 12 and 5 give (0, 1, 2, 10, 11).

    Raises:
        ConfigError: unless `1 <= k <= n`.
    """
    _check_choice(n, k)
    return (*range((k + 1) // 2), *range(n - k // 2, n))


def by_influence(scores: Tensor, k: int) -> tuple[int, ...]:
    """The `k` blocks with the highest scores `[n]` in the order they run; of equal ones the earlier.

    Raises:
        ConfigError: unless `1 <= k <= n`.
    """
    _check_choice(len(scores), k)
    return tuple(sorted(scores.argsort(descending=True, stable=True)[:k].tolist()))


def block_influence(model: GPT, batches: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """How much each block changes the tokens: Men et al. 2024, "ShortGPT" (2403.03853).

    `1 - cosine(tokens before the block, tokens after it)`, averaged over all valid positions; a block of low influence
    can be left out first.

    Args:
        model: runs in evaluation mode and is left as it was.
        batches: ids `[B, L]` and which positions are valid `[B, L]`, bool, such as `labels >= 0`.

    Returns:
        `[n]`, float64 on the CPU, 0..2, in the order of the blocks.

    Raises:
        ConfigError: if no position is valid.
    """
    import torch

    from distill_core.mapping.layers import quiet

    place = model.embedding.weight.device
    valid = torch.zeros(0)
    likeness, positions = torch.zeros(model.shape.depth, dtype=torch.float64), 0

    def adder(block: int) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def add(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            cosines = torch.cosine_similarity(inputs[0][valid].double(), output[valid].double(), dim=1)
            likeness[block] += cosines.sum().cpu()

        return add

    handles = [model.get_submodule(name).register_forward_hook(adder(block)) for block, name in enumerate(model.blocks)]
    try:
        with quiet(model):
            for ids, counted in batches:
                valid = counted.to(place)
                positions += int(valid.sum())
                model.features(ids.to(place))
    finally:
        for handle in handles:
            handle.remove()
    if not positions:
        raise ConfigError("influence: no position of these texts is valid; give texts with at least one valid token")
    return 1 - likeness / positions


def _check_choice(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ConfigError(f"layers: {k} of {n} blocks cannot be chosen; choose from 1 to {n}")


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
