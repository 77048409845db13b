"""Hugging Face models as teachers and students of a run: which are here, their cards, and how they are built."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from distill_core.cards import HF, ModelCard
from distill_core.errors import ConfigError, DistillError
from distill_core.language.models.references import (
    CONFIG,
    Reference,
    absolute,
    converted,
    folder_of,
    is_reference,
    parse,
    settings_of,
    weights_of,
)
from distill_core.task import DataFacts, ModelChoice

if TYPE_CHECKING:
    from torch import nn

FAMILY = "Hugging Face"
KEPT = (0.8, 0.5)
"""Shares of a model's blocks that students in the list have."""


def meant(name: str) -> Reference | None:
    """The Hugging Face model that a teacher's name means; None if it means another."""
    if is_reference(name):
        return absolute(parse(name))
    return Reference(name) if name in converted() else None


def teachers() -> list[ModelChoice]:
    """The models that were converted."""
    found = []
    for name, folder in converted().items():
        try:
            found.append(ModelChoice(name, f"{name}, of Hugging Face", weights_of(folder).parameters, family=FAMILY))
        except DistillError:  # a damaged folder is no choice; naming it says what is wrong
            continue
    return found


def students() -> list[ModelChoice]:
    """Students that can be cut from the models that were converted."""
    found = []
    for name, folder in converted().items():
        try:
            weights, blocks = weights_of(folder), settings_of(folder).get("num_hidden_layers")
        except DistillError:
            continue
        if isinstance(blocks, int):
            for kept in sorted({max(1, round(share * blocks)) for share in KEPT}):
                title = f"{name} with {kept} of its {blocks} blocks"
                found.append(ModelChoice(f"{HF}{name}:{kept}", title, weights.with_blocks(kept), family=FAMILY))
    return found


def card_of(reference: Reference, facts: DataFacts, fetch: bool = False) -> ModelCard:
    """A model's card, told from its files without loading it.

    Args:
        reference: of the model, whole: a teacher has all of its blocks.
        facts: of the data it is to read.
        fetch: gets it from the hub if it is not on this machine.

    Raises:
        DistillError: if it cannot be had, or a file is damaged.
    """
    from distill_core.language.readers import check_length, vocabulary_of
    from distill_core.language.tokenizer import tokenizer_in

    if reference.blocks is not None:
        raise ConfigError(
            f"teacher: {reference} is a student's name, an untrained part of a model; the model itself is "
            f"{reference.teacher}"
        )
    folder = folder_of(reference, fetch)
    weights = weights_of(folder)
    vocabulary = vocabulary_of(tokenizer_in(folder), reference.teacher)
    check_length(vocabulary, facts.input_shape[0])
    return ModelCard(
        task="language",
        architecture=str(reference),
        classes=(),
        input_shape=facts.input_shape,
        mean=(),
        std=(),
        dataset="",
        parameters=weights.parameters,
        weights_sha256=weights.sha256,
        vocabulary=vocabulary,
    )


def trained(reference: Reference, card: ModelCard) -> nn.Module:
    """The model of a card, with its weights.

    Raises:
        DistillError: if it cannot be loaded.
    """
    from distill_core.language.models.hugging_face import load

    model = load(folder_of(reference), card.outputs)
    model.sha256 = card.weights_sha256
    return model


def settings_sha256(architecture: str) -> str:
    """The hash of the file that says how a model is built, which may change under its name.

    Raises:
        DistillError: if the model is not here.
    """
    return hashlib.sha256((folder_of(parse(architecture)) / CONFIG).read_bytes()).hexdigest()


def untrained(architecture: str, facts: DataFacts, seed: int) -> nn.Module:
    """A model of a reference's configuration, with as many blocks as it says.

    Raises:
        DistillError: if the configuration cannot be had, or cannot have so many.
    """
    from distill_core.language.models.hugging_face import build
    from distill_core.language.tokenizer import tokenizer_in

    reference = parse(architecture)
    folder = folder_of(reference)
    vocabulary = facts.vocabulary
    size = len(tokenizer_in(folder).tokens) if vocabulary is None else vocabulary.size
    return build(reference, folder, size, seed)
