"""Vision transformers for small images (Dosovitskiy et al. 2020, 2010.11929), and DeiT's with a distillation token.

Patches of 4 pixels, norm before each part (section 3.1), positions as fixed two-dimensional sines and cosines (Beyer et
al. 2022, 2205.01580). Layers: ``patches``, ``block1`` ... ``block{n}``, ``norm``, ``classifier``, and DeiT's
``distilled_classifier``; a block's attention `[N, heads, L, L]` comes out of ``block1.attention.probabilities``.
Tokens are ordered class token, DeiT's distillation token, then the patches row by row.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.vision.models.network import Network

PATCH = 4
# Width, blocks, heads; tiny and small as in Touvron et al. 2021, table 1.
SIZES = {"micro": (64, 6, 4), "tiny": (192, 12, 3), "small": (384, 12, 6)}
HEAD_WIDTH = 32


class Shape(NamedTuple):
    """Width of a token, blocks, attention heads of a block, and pixels of a patch's side."""

    width: int
    depth: int
    heads: int
    patch: int


class Patches(nn.Module):
    """Cuts an image into squares and gives each a vector: `[N, channels, H, W]` -> `[N, H/patch * W/patch, width]`."""

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, patch, stride=patch)

    def forward(self, images: Tensor) -> Tensor:
        """The tokens, row by row."""
        tokens: Tensor = self.conv(images).flatten(2).transpose(1, 2)
        return tokens


class Attention(nn.Module):
    """Every token looks at every other (Vaswani et al. 2017, section 3.2): `[N, L, width]` -> `[N, L, width]`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self._scale = (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.probabilities = nn.Softmax(dim=-1)
        self.project = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """What each token gathers."""
        query, key, value = self.qkv(tokens).unflatten(2, (3, self._heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        looks = self.probabilities(query @ key.transpose(-2, -1) * self._scale)
        gathered: Tensor = self.project((looks @ value).transpose(1, 2).flatten(2))
        return gathered


class Block(nn.Module):
    """Attention, then two fully connected layers, each around a shortcut: `[N, L, width]` -> `[N, L, width]`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens after the block."""
        tokens = tokens + self.attention(self.norm1(tokens))
        changed: Tensor = tokens + self.narrow(functional.gelu(self.widen(self.norm2(tokens))))
        return changed


class ViT(Network):
    """Images `[N, channels, H, W]` of the one size it was built for -> logits `[N, classes]`."""

    def __init__(self, shape: Shape, channels: int, classes: int, size: tuple[int, int], extra_tokens: int = 1) -> None:
        super().__init__()
        width, depth, heads, patch = shape
        grid = (size[0] // patch, size[1] // patch)
        self.patches = Patches(channels, width, patch)
        self.tokens = nn.Parameter(torch.zeros(1, extra_tokens, width))
        self.positions: Tensor
        self.register_buffer("positions", positions(width, *grid), persistent=False)
        self._blocks = tuple(f"block{number}" for number in range(1, depth + 1))
        for name in self._blocks:
            self.add_module(name, Block(width, heads))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.class_token = nn.Identity()  # a name for what the classifier reads, so that a student can learn from it
        self.classifier = nn.Linear(width, classes)

    def draw_weights(self) -> ViT:
        """Weights by Glorot & Bengio 2010, eq. 16, which suits narrow models; small ones for tokens and classifiers."""
        if self.tokens.is_meta:
            return self
        nn.init.trunc_normal_(self.tokens, std=0.02)
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
                if name.endswith("classifier"):
                    nn.init.trunc_normal_(module.weight, std=0.02)
                else:
                    nn.init.xavier_uniform_(module.weight)
        return self

    def features(self, images: Tensor) -> Tensor:
        """The normed tokens `[N, L, width]`, the class token first."""
        patches = self.patches(images) + self.positions
        tokens = torch.cat([self.tokens.expand(patches.shape[0], -1, -1), patches], dim=1)
        for name in self._blocks:
            tokens = getattr(self, name)(tokens)
        normed: Tensor = self.norm(tokens)
        return normed

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, classes]` of the class token."""
        logits: Tensor = self.classifier(self.class_token(features[:, 0]))
        return logits


class DistilledViT(ViT):
    """A ViT with a second token that answers for the teacher: Touvron et al. 2021 (2012.12877), section 4.

    In training its output is the class token's, and a loss reads ``distilled_classifier`` `[N, classes]` by its
    name; in evaluation it is the mean of both, so the teacher's lesson is in the answer.
    """

    def __init__(self, shape: Shape, channels: int, classes: int, size: tuple[int, int]) -> None:
        super().__init__(shape, channels, classes, size, extra_tokens=2)
        self.distilled_classifier = nn.Linear(shape.width, classes)

    def head(self, features: Tensor) -> Tensor:
        """Logits `[N, classes]`: the class token's in training, the mean of both tokens' in evaluation."""
        own: Tensor = self.classifier(self.class_token(features[:, 0]))
        taught: Tensor = self.distilled_classifier(features[:, 1])
        return own if self.training else (own + taught) / 2


def positions(width: int, rows: int, columns: int) -> Tensor:
    """Where each patch is, `[1, rows * columns, width]`: sin y, cos y, sin x and cos x, a quarter of the width each."""
    rates = 10_000.0 ** -(torch.arange(width // 4, dtype=torch.float32) / max(1, width // 4 - 1))
    y, x = torch.meshgrid(torch.arange(float(rows)), torch.arange(float(columns)), indexing="ij")
    angles = [place.flatten().unsqueeze(1) * rates for place in (y, x)]
    return torch.cat([part for angle in angles for part in (angle.sin(), angle.cos())], dim=1).unsqueeze(0)


def build(channels: int, classes: int, size: tuple[int, int], **parts: str) -> ViT:
    """A ViT of a named size or ``{width}x{blocks}``; `patch` is empty or ``-p{pixels}``.

    Raises:
        ConfigError: if the patches do not fill the image, or the width does not fit the heads.
    """
    return ViT(_shape("vit", size, **parts), channels, classes, size).draw_weights()


def build_distilled(channels: int, classes: int, size: tuple[int, int], **parts: str) -> ViT:
    """A ViT with a distillation token; see `build`.

    Raises:
        ConfigError: if the patches do not fill the image, or the width does not fit the heads.
    """
    return DistilledViT(_shape("deit", size, **parts), channels, classes, size).draw_weights()


def _shape(family: str, image: tuple[int, int], scale: str, patch: str) -> Shape:
    name = f"{family}-{scale}{patch}"
    pixels = int(patch.removeprefix("-p") or PATCH)
    if pixels < 1 or image[0] % pixels or image[1] % pixels:
        height, width = image
        fits = [str(p) for p in range(2, 33) if height % p == 0 and width % p == 0]
        raise ConfigError(
            f"student: {name!r} cannot be built; patches of {pixels} pixels do not fill images of {height}x{width}. "
            f"Patches that do: {', '.join(fits) or 'none but 1'}; write {family}-{scale}-p{fits[0] if fits else 1}"
        )
    if scale in SIZES:
        return Shape(*SIZES[scale], pixels)
    wide, blocks = (int(number) for number in scale.split("x"))
    if wide < HEAD_WIDTH or wide % HEAD_WIDTH or blocks < 1:
        raise ConfigError(
            f"student: {name!r} cannot be built; the width is a multiple of {HEAD_WIDTH}, with at least 1 block, "
            f"such as {family}-128x8"
        )
    return Shape(wide, blocks, wide // HEAD_WIDTH, pixels)
