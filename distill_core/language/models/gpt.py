"""Small causal language models: GPT-2 (Radford et al. 2019) with rotary positions (Su et al. 2021, 2104.09864).

The norm stands before each part (Xiong et al. 2020, 2002.04745), the embedding is the output layer too (Press & Wolf
2016, 1608.05859), and nothing has a bias (Chowdhery et al. 2022, PaLM, 2204.02311, section 2). Layers: ``embedding``,
``block1`` ... ``block{n}``, ``norm``. A block's attention `[N, heads, L, L]` comes out of
``block1.attention.probabilities``; ``block1.attention.query``, ``.key`` and ``.value`` give `[N, L, width]`, heads side
by side, before the rotation.

A token sees itself and earlier ones only, so what follows a text, such as padding on the right, changes nothing in it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING_STD = 0.2
"""Ten times GPT-2's: the embedding is the output layer too, and the smaller it begins, the later a narrow model begins
to reason. The price: an untrained model is sure that its input comes again, which the first steps unlearn."""
SLOWEST_TURN = 10_000.0


class Shape(NamedTuple):
    """Tokens of the vocabulary, width of a token, blocks, and attention heads of a block."""

    vocabulary: int
    width: int
    depth: int
    heads: int


class Past:
    """Keys and values `[N, heads, L, width / heads]` of the tokens that one block has read."""

    key: Tensor | None = None
    value: Tensor | None = None

    @property
    def length(self) -> int:
        """Tokens read."""
        return 0 if self.key is None else self.key.shape[2]

    def extend(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Adds those of new tokens and returns all."""
        if self.key is not None and self.value is not None:
            key, value = torch.cat([self.key, key], dim=2), torch.cat([self.value, value], dim=2)
        self.key, self.value = key, value
        return key, value


class Cache:
    """What each block keeps of the tokens read so far, so that a model that writes reads every token once.

    Example:
        cache = Cache()
        logits = model(prompts, cache)
        logits = model(next_tokens, cache)  # as the last columns of model(prompts and next_tokens)
    """

    def __init__(self) -> None:
        self._blocks: dict[str, Past] = {}

    def of(self, block: str) -> Past:
        """What a block keeps; nothing at first."""
        return self._blocks.setdefault(block, Past())

    @property
    def length(self) -> int:
        """Tokens read of each text."""
        return max((past.length for past in self._blocks.values()), default=0)

    def keep(self, rows: Tensor) -> None:
        """Goes on with these texts only, given by their rows in the batch."""
        for past in self._blocks.values():
            if past.key is not None and past.value is not None:
                past.key, past.value = past.key[rows], past.value[rows]


class Places(NamedTuple):
    """Where the tokens at hand stand.

    Attributes:
        cos: of their angles, `[L, head width / 2]`.
        sin: likewise.
        mask: `[L, past + L]`, 0 for a token and those before it, minus infinity for those after it.
    """

    cos: Tensor
    sin: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Every token looks at itself and at those before it: `[N, L, width]` -> `[N, L, width]`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self._scale = (width // heads) ** -0.5
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.probabilities = nn.Softmax(dim=-1)
        self.project = nn.Linear(width, width, bias=False)

    def forward(self, tokens: Tensor, places: Places, past: Past | None = None) -> Tensor:
        """What each token gathers."""
        query, key, value = (
            part(tokens).unflatten(2, (self._heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        query, key = rotated(query * self._scale, places), rotated(key, places)
        if past is not None:
            key, value = past.extend(key, value)
        looks = self.probabilities(query @ key.transpose(2, 3) + places.mask)
        gathered: Tensor = self.project((looks @ value).transpose(1, 2).flatten(2))
        return gathered


class Block(nn.Module):
    """Attention, then two fully connected layers, each around a shortcut: `[N, L, width]` -> `[N, L, width]`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, bias=False)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, bias=False)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)

    def forward(self, tokens: Tensor, places: Places, past: Past | None = None) -> Tensor:
        """Tokens after the block."""
        tokens = tokens + self.attention(self.norm1(tokens), places, past)
        changed: Tensor = tokens + self.narrow(functional.gelu(self.widen(self.norm2(tokens))))
        return changed


class GPT(nn.Module):
    """Token ids `[N, L]` -> logits of the token after each `[N, L, vocabulary]`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.blocks = tuple(f"block{number}" for number in range(1, shape.depth + 1))
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        for name in self.blocks:
            self.add_module(name, Block(shape.width, shape.heads))
        self.norm = nn.LayerNorm(shape.width, bias=False)

    def draw_weights(self) -> GPT:
        """Normal weights: deviation `EMBEDDING_STD` for the embedding, and `sqrt(2 / (5 width))` for layers.

        The latter (SmallInit: Nguyen & Salazar 2019, 1910.05895) suits narrow models, for which 0.02 is too little.
        What adds to a shortcut is divided by the root of how many do, as in GPT-2 (section 2.3).
        """
        small = (2 / (5 * self.shape.width)) ** 0.5
        for name, module in self.named_modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=EMBEDDING_STD)
            elif isinstance(module, nn.Linear):
                adds = name.endswith(("attention.project", "narrow"))
                nn.init.normal_(module.weight, std=small / (2 * self.shape.depth) ** 0.5 if adds else small)
        return self

    def features(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """The normed tokens `[N, L, width]`.

        Args:
            ids: `[N, L]`, int64; with a cache, the tokens that follow those it has read.
            cache: read and extended, if given.
        """
        tokens: Tensor = self.embedding(ids)
        start = 0 if cache is None else cache.length
        places = places_of(start, ids.shape[1], self.shape.width // self.shape.heads, tokens)
        for name in self.blocks:
            tokens = getattr(self, name)(tokens, places, None if cache is None else cache.of(name))
        normed: Tensor = self.norm(tokens)
        return normed

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, L, vocabulary]` of `features`: their products with the embedding of each token."""
        return functional.linear(features, self.embedding.weight)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits of the token after each; see `features`."""
        return self.head(self.features(ids, cache))


def places_of(start: int, length: int, head_width: int, like: Tensor) -> Places:
    """Angles and mask of `length` tokens after `start` others, of the type and on the device of `like`.

    The pair of dimensions i turns by `position * 10,000^(-2i / head width)` (Su et al. 2021, section 3.2.2).
    """
    rates = SLOWEST_TURN ** -(torch.arange(0, head_width, 2, device=like.device, dtype=torch.float32) / head_width)
    angles = torch.arange(start, start + length, device=like.device).unsqueeze(1) * rates
    mask = torch.full((length, start + length), float("-inf"), device=like.device, dtype=like.dtype)
    return Places(angles.cos().to(like.dtype), angles.sin().to(like.dtype), mask.triu(start + 1))


def rotated(vectors: Tensor, places: Places) -> Tensor:
    """Queries or keys `[N, heads, L, D]`, turned by their positions, so that products depend on distances alone.

    Eq. 34; dimension i is paired with i + D/2 instead of its neighbour, which only renames dimensions.
    """
    first, second = vectors.chunk(2, dim=3)
    cos, sin = places.cos, places.sin
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=3)
