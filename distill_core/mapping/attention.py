"""Which of a student's attention layers should learn from which of a teacher's, where both are transformers."""

from __future__ import annotations

from collections.abc import Sequence

from distill_core.errors import ConfigError
from distill_core.mapping.pairs import LayerFacts, Pair, evenly

MOST_PAIRS = 4
PROJECTIONS = (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj"))
"""What models call the layers that make queries, keys and values."""


def suggest_attention(student: Sequence[LayerFacts], teacher: Sequence[LayerFacts]) -> tuple[Pair, ...]:
    """Pairs of layers that hold attention probabilities, at equal shares of the way through; the last meets the last.

    Args:
        student: of `list_layers`.
        teacher: of `list_layers`.

    Raises:
        ConfigError: if a model has no such layer, or the two attend to different numbers of tokens.
    """
    ours, theirs = _attention("student", student), _attention("teacher", teacher)
    if ours[-1].shape[1] != theirs[-1].shape[1]:
        raise ConfigError(
            f"layer map: the student attends to {ours[-1].shape[1]} tokens and the teacher to {theirs[-1].shape[1]}; "
            "attention maps need the same image and patch size on both sides; use 'at' instead, which does not"
        )
    count = min(len(ours), len(theirs), MOST_PAIRS)
    return tuple(
        Pair(
            own.name,
            their.name,
            own.shape,
            their.shape,
            f"attention at the same share of the way through, {(i + 1) / count:.0%}",
        )
        for i, (own, their) in enumerate(zip(evenly(ours, count), evenly(theirs, count), strict=True))
    )


def suggest_projections(student: Sequence[LayerFacts], teacher: Sequence[LayerFacts]) -> tuple[Pair, ...]:
    """Queries, keys and values of the last block of each model, in this order.

    Args:
        student: of `list_layers`.
        teacher: of `list_layers`.

    Raises:
        ConfigError: if a model names no such layers.
    """
    return tuple(
        Pair(own.name, their.name, own.shape, their.shape, f"{names[0]} of the last block")
        for names in PROJECTIONS
        for own, their in [(_projection("student", student, names), _projection("teacher", teacher, names))]
    )


def _projection(who: str, layers: Sequence[LayerFacts], names: tuple[str, ...]) -> LayerFacts:
    """The last layer of one of these names that gives a vector for each token."""
    found = [layer for layer in layers if layer.name.rpartition(".")[2] in names and len(layer.shape) == 2]
    if not found:
        raise ConfigError(
            f"layer map: the {who} names no layer of {names[0]} vectors, such as block2.attention.{names[0]}; use "
            "'hint', which reads any layer"
        )
    return found[-1]


def _attention(who: str, layers: Sequence[LayerFacts]) -> list[LayerFacts]:
    found = [
        layer
        for layer in layers
        if layer.kind == "Softmax" and len(layer.shape) == 3 and layer.shape[1] == layer.shape[2]
    ]
    if not found:
        raise ConfigError(
            f"layer map: the {who} has no layer that holds attention probabilities, such as a ViT's "
            "block1.attention.probabilities; use 'at', which makes an attention map of any features"
        )
    return found
