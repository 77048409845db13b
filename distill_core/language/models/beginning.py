"""A student that begins with layers of a trained model: which of its blocks, what they do, and the copying.

Blocks are counted from 0 here; a user counts them from 1, as layers are named, and so do the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from distill_core.config import BlockChoice
from distill_core.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor, nn


class Size(Protocol):
    """Tokens of the vocabulary, width of a token, blocks, and attention heads of a block."""

    @property
    def vocabulary(self) -> int:
        """Tokens."""
        ...

    @property
    def width(self) -> int:
        """Numbers of a token between two blocks."""
        ...

    @property
    def depth(self) -> int:
        """Blocks."""
        ...

    @property
    def heads(self) -> int:
        """Of a block's attention."""
        ...


class Stack(Protocol):
    """What is asked of a language model here: `Size`, the names of its blocks in order, and a pass through them.

    A block is a submodule whose first input and first output are the tokens `[N, L, width]`. Everything in the model's
    state that is not in a block, such as the embedding, the last norm and a head of its own, belongs to all blocks.
    """

    @property
    def shape(self) -> Size:
        """How large it is."""
        ...

    @property
    def blocks(self) -> Sequence[str]:
        """The blocks' names as submodules, in the order they run."""
        ...

    def features(self, ids: Tensor) -> Tensor:
        """Tokens `[N, L, width]` behind the last block, of ids `[N, L]`."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Its weights by name."""
        ...


def stack_of(model: nn.Module) -> Stack:
    """The model as a stack of blocks.

    Raises:
        ConfigError: if it is none.
    """
    missing = [part for part in ("shape", "blocks", "features") if not hasattr(model, part)]
    if missing:
        raise ConfigError(
            f"begin_from: {type(model).__name__} is no stack of named blocks (it has no {missing[0]!r}), so no layers "
            "can be taken from it; begin from random weights"
        )
    return cast("Stack", model)


def copy_layers(student: Stack, teacher: Stack, blocks: Sequence[int]) -> None:
    """Starts a student from a teacher: what belongs to all blocks, and of each student block a teacher's block.

    Sanh et al. 2019, "DistilBERT" (1910.01108), section 3, which takes every other block.

    Args:
        student: overwritten.
        teacher: as wide as the student, with the same vocabulary; left as it is.
        blocks: for each block of the student in order, the teacher's, counted from 0: 0 is ``block1``.

    Raises:
        ConfigError: as `check_layers`; nothing is overwritten then.
    """
    check_layers(student, teacher, blocks)
    theirs = teacher.state_dict()
    wanted = _sources(student, teacher, blocks)
    cast("nn.Module", student).load_state_dict({name: theirs[source] for name, source in wanted.items()})


def check_layers(student: Stack, teacher: Stack, blocks: Sequence[int]) -> None:
    """Refuses layers that cannot be copied; reads names and shapes alone, so models without memory will do.

    Raises:
        ConfigError: if widths, heads or vocabularies differ, `blocks` does not fit, or blocks are built differently.
    """
    check_sizes(student.shape, teacher.shape)
    if len(blocks) != student.shape.depth:
        raise ConfigError(
            f"begin_layers: got {[block + 1 for block in blocks]} for a student of {student.shape.depth} "
            f"block{'' if student.shape.depth == 1 else 's'}; name one of the teacher's for each"
        )
    strange = [block for block in blocks if not 0 <= block < teacher.shape.depth]
    if strange:
        raise ConfigError(
            f"begin_layers: the teacher has no block {strange[0] + 1}; its {teacher.shape.depth} blocks count from "
            f"1 to {teacher.shape.depth}"
        )
    ours, theirs = student.state_dict(), teacher.state_dict()
    for name, source in _sources(student, teacher, blocks).items():
        if source not in theirs or theirs[source].shape != ours[name].shape:
            raise ConfigError(
                f"begin_from: the student's {name!r} has no counterpart of its shape in the teacher, so the two are "
                "built differently; take a student of the teacher's own kind, or begin from random weights"
            )


def check_sizes(student: Size, teacher: Size, such_as: str = "") -> None:
    """Refuses a student none of whose layers could be the teacher's.

    Args:
        student: its size.
        teacher: the other's.
        such_as: a student that would do, to be named.

    Raises:
        ConfigError: if the widths, heads or vocabularies differ.
    """
    for part in ("width", "heads", "vocabulary"):
        ours, theirs = getattr(student, part), getattr(teacher, part)
        if ours != theirs:
            other = f"a student whose {part} is {theirs}{such_as and f', such as {such_as}'}"
            raise ConfigError(
                f"begin_from: the student's {part} is {ours} and the teacher's {theirs}, so no layers can be copied; "
                f"take {other}, or begin from random weights"
            )


def _sources(student: Stack, teacher: Stack, blocks: Sequence[int]) -> dict[str, str]:
    """For each name in the student's state, the name in the teacher's that it begins as."""
    takes = {f"{name}.": f"{teacher.blocks[block]}." for name, block in zip(student.blocks, blocks, strict=True)}

    def source(name: str) -> str:
        own = next((block for block in takes if name.startswith(block)), None)
        return name if own is None else takes[own] + name.removeprefix(own)

    return {name: source(name) for name in student.state_dict()}


def choose(layers: BlockChoice, scores: Tensor, k: int) -> tuple[int, ...]:
    """The blocks of a choice as a configuration names it, counted from 0.

    Args:
        layers: of the configuration; a list counts from 1.
        scores: the influence of each of the n blocks, `[n]`; of a choice that does not depend on it, only n matters.
        k: blocks of the student.

    Raises:
        ConfigError: unless `1 <= k <= n`.
    """
    if layers == "influence":
        return by_influence(scores, k)
    if layers == "uniform":
        return uniform(len(scores), k)
    if layers == "first-last":
        return first_last(len(scores), k)
    return tuple(number - 1 for number in layers)


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


def block_influence(model: Stack, batches: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
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

    module = cast("nn.Module", model)
    place = next(module.parameters()).device
    valid = torch.zeros(0)
    likeness, positions = torch.zeros(model.shape.depth, dtype=torch.float64), 0

    def adder(block: int) -> Callable[[nn.Module, tuple[Any, ...], dict[str, Any], Any], None]:
        def add(_module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            before = next(iter((*inputs, *named.values())))
            after = output[0] if isinstance(output, tuple) else output
            likeness[block] += torch.cosine_similarity(before[valid].double(), after[valid].double(), dim=1).sum().cpu()

        return add

    handles = [
        module.get_submodule(name).register_forward_hook(adder(block), with_kwargs=True)
        for block, name in enumerate(model.blocks)
    ]
    try:
        with quiet(module):
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
        raise ConfigError(f"begin_layers: {k} of {n} blocks cannot be chosen; choose from 1 to {n}")
