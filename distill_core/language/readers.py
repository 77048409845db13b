"""Which reader turns a run's texts into tokens: characters, or the tokenizer of a Hugging Face model."""

from __future__ import annotations

from distill_core.cards import Vocabulary
from distill_core.errors import CheckpointError, ConfigError
from distill_core.language.models.references import absolute, folder_of, is_reference, parse, settings_of
from distill_core.language.tokenizer import Tokenizer, tokenizer_in
from distill_core.language.tokens import CHARACTER_READER, Reader

POSITIONS = ("max_position_embeddings", "n_positions")
"""What configurations call the length of the longest text that a model reads."""


def reader_of(vocabulary: Vocabulary | None) -> Reader:
    """The reader of a vocabulary; None is that of characters.

    Raises:
        DistillError: if its tokenizer is no longer to be had, or has other tokens now.
    """
    if vocabulary is None:
        return CHARACTER_READER
    tokenizer = tokenizer_in(folder_of(parse(vocabulary.source)))
    if tokenizer.sha256 != vocabulary.sha256:
        raise CheckpointError(
            f"The tokenizer of {vocabulary.source} has other tokens now (SHA-256 {tokenizer.sha256[:12]}) than those "
            f"this was made with ({vocabulary.sha256[:12]}). Restore the one it was made with."
        )
    return tokenizer


def vocabulary_for(architecture: str, fetch: bool = False) -> Vocabulary | None:
    """What a student of this name reads: None for characters.

    Args:
        architecture: of the student.
        fetch: gets a model from the hub that is not on this machine.

    Raises:
        DistillError: if it names a model that cannot be had.
    """
    if not is_reference(architecture):
        return None
    reference = absolute(parse(architecture))
    return vocabulary_of(tokenizer_in(folder_of(reference, fetch)), reference.teacher)


def vocabulary_of(tokenizer: Tokenizer, source: str) -> Vocabulary:
    """A tokenizer as facts and cards name it."""
    return Vocabulary(len(tokenizer.tokens), tokenizer.sha256, source, tokenizer.eos, tokenizer.pad)


def check_length(vocabulary: Vocabulary | None, length: int) -> None:
    """Refuses texts longer than the Hugging Face model of a vocabulary can read; every other model reads any.

    Args:
        vocabulary: of the model; None for characters.
        length: tokens of a text.

    Raises:
        DistillError: saying how many it reads.
    """
    if vocabulary is None:
        return
    settings = settings_of(folder_of(parse(vocabulary.source)))
    most = next((settings[name] for name in POSITIONS if isinstance(settings.get(name), int)), None)
    if most is not None and length > most:
        raise ConfigError(
            f"text_length: {vocabulary.source} reads texts of at most {most:,} tokens, and these have {length:,}; "
            "take shorter ones, or another model"
        )


def difference(one: Vocabulary | None, other: Vocabulary | None) -> str:
    """Why two vocabularies are not the same, as half a sentence that begins with the first's size; "" if they are."""
    if one is None and other is None:
        return ""
    if one is not None and other is not None and one.sha256 == other.sha256:
        return ""
    ours, theirs = _tokens(one), _tokens(other)
    sizes = f"{len(ours):,} tokens against {len(theirs):,}"
    place = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return f"{sizes}, the shorter being the beginning of the longer"
    return f"{sizes}, and token {place} is {ours[place]!r} against {theirs[place]!r}"


def _tokens(vocabulary: Vocabulary | None) -> tuple[str, ...]:
    reader = reader_of(vocabulary)
    if isinstance(reader, Tokenizer):
        return reader.tokens
    from distill_core.language.data import TOKENS

    return TOKENS
