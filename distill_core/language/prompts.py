"""Prompts with their answers, or without: a model then writes them once, and they are kept.

What a model wrote is the label of such a prompt, for the student, for the baseline and in the test alike. The model is
the one that the student is cut from: a baseline has no teacher, yet must have the same labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from distill_core.cards import Vocabulary
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DataUnavailable
from distill_core.language import assistant
from distill_core.language.data import facts_of
from distill_core.language.dictation import answered
from distill_core.language.jsonl import Line, read_lines, shares
from distill_core.language.models.references import folder_of, parse, weights_of
from distill_core.language.readers import reader_of
from distill_core.language.tokens import CHARACTERS, Reader, laid_out
from distill_core.task import Data, Split

SPLITS = ("train", "validation", "test")
ENOUGH_TO_TEST = 20
"""Test prompts, below which the figures of a test are hardly worth a look."""
MOST_SHOWN = 10
LEAST_ROOM = 4
"""Tokens that an answer must have room for."""


@dataclass(frozen=True)
class Written(Data):
    """Data of which some labels were written by a model.

    Attributes:
        writer: the hash of its weights.
        by_writer: `[N]` bool, whose labels of the transfer set these are.
    """

    writer: str = ""
    by_writer: Tensor | None = None


def load_prompts(
    config: DistillConfig, vocabulary: Vocabulary | None, home: Path | None, progress: Callable[[int, int], None]
) -> Data:
    """The questions that are generated, or the user's own file.

    Args:
        config: of the run.
        vocabulary: of the student; None for characters.
        home: where answers that a model writes are kept; None keeps none.
        progress: told how many of them are written; may raise to end it, and what is written by then is kept.

    Raises:
        ConfigError: if a text is too long, or nobody can write the answers that are missing.
        DataUnavailable: if the file cannot be used.
    """
    lines, kinds, name = _lines(config)
    reader = reader_of(vocabulary)
    every = [line for part in SPLITS for line in lines[part]]
    _check_somebody_writes(every, vocabulary, config.dataset)
    together, empty = _laid_out(every, reader, config.text_length)
    notes = (*_unknown(every, vocabulary), *_few_to_test_on(lines, config.dataset))
    writer = ""
    if vocabulary is not None and bool(empty.any()):
        together, writer = _completed(together, empty, vocabulary, home, progress)
        notes = (
            *notes,
            _who_wrote(int(empty.sum()), len(every), vocabulary.source),
        )
    sizes = [len(lines[part]) for part in SPLITS]
    train, validation, test = (
        Split(*parts)
        for parts in zip(
            *(
                values.split(sizes)
                for values in (together.inputs, together.labels, together.groups, together.hardness)
                if values is not None
            ),
            strict=True,
        )
    )
    facts = facts_of(name, train, _sha256(together, sizes, vocabulary), kinds, vocabulary, notes)
    return Written(facts, train, validation, test, writer, empty[: sizes[0]])


def foreseen(config: DistillConfig) -> tuple[int, tuple[str, ...]]:
    """How many prompts there are to train on, and their kinds.

    Raises:
        DataUnavailable: if the file cannot be used.
    """
    lines, kinds, _ = _lines(config)
    return len(lines["train"]), kinds


def _lines(config: DistillConfig) -> tuple[dict[str, tuple[Line, ...]], tuple[str, ...], str]:
    """The prompts of each split, the names of their kinds, and of the data."""
    if config.dataset == "jsonl":
        path = given_file(config)
        return shares(read_lines(path), path), ("prompt",), f"jsonl:{path.name}"
    every = assistant.questions()
    lines = {part: tuple(Line(0, question.prompt, None, question.kind) for question in every[part]) for part in SPLITS}
    return lines, assistant.KINDS, config.dataset


def given_file(config: DistillConfig) -> Path:
    """The file that the configuration names.

    Raises:
        DataUnavailable: if it names none, or there is no such file.
    """
    if not config.data_folder:
        raise DataUnavailable(
            "The data set 'jsonl' needs data_folder: a file with one JSON object a line, such as "
            '{"prompt": "What is rust?", "response": "Rust is ..."}; the response may be left out.'
        )
    path = Path(config.data_folder).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise DataUnavailable(f"data_folder {path} {what}; for the data set 'jsonl' it names a file.")
    return path


def _check_somebody_writes(lines: Sequence[Line], vocabulary: Vocabulary | None, dataset: str) -> None:
    without = next((line for line in lines if line.response is None), None)
    if vocabulary is None and without is not None:
        where = f"line {without.number} has no response" if without.number else "its prompts have no answers"
        raise ConfigError(
            f"dataset: in {dataset} {where}, and a GPT that reads characters is cut from no model that could write "
            "one; give each prompt a response, or take a student of a Hugging Face model, such as hf:NAME:24"
        )


def _laid_out(lines: Sequence[Line], reader: Reader, length: int) -> tuple[Split, Tensor]:
    """Prompts and answers side by side, as wide as the widest, or as `length` where answers are still to come.

    Returns:
        The split, and which of it have no answer, `[N]` bool: the end alone stands there for now.
    """
    prompts = [reader.prompt(line.prompt) for line in lines]
    answers = [[] if line.response is None else reader.encode(line.response) for line in lines]
    empty = torch.tensor([line.response is None for line in lines])
    widths = [len(prompt) + len(answer) + 1 for prompt, answer in zip(prompts, answers, strict=True)]
    needed = [width + (LEAST_ROOM if line.response is None else 0) for width, line in zip(widths, lines, strict=True)]
    _check_lengths(lines, needed, length)
    inputs, labels = laid_out(
        [torch.tensor(prompt) for prompt in prompts],
        [torch.tensor([*answer, reader.eos]) for answer in answers],
        length if bool(empty.any()) else max(widths),
        reader.pad,
    )
    kinds = torch.tensor([line.kind for line in lines])
    return Split(inputs, labels, kinds, torch.tensor(widths, dtype=torch.float32)), empty


def _check_lengths(lines: Sequence[Line], needed: Sequence[int], length: int) -> None:
    wide = [place for place, tokens in enumerate(needed) if tokens > length]
    if not wide:
        return
    first = lines[wide[0]]
    which = f"line {first.number}" if first.number else repr(first.prompt)
    raise ConfigError(
        f"text_length: {len(wide):,} of {len(lines):,} texts take more than {length:,} tokens with their marks, the "
        f"first being {which} with {needed[wide[0]]:,}; set text_length to {max(needed):,}, or shorten them"
    )


def _completed(
    split: Split, empty: Tensor, vocabulary: Vocabulary, home: Path | None, progress: Callable[[int, int], None]
) -> tuple[Split, str]:
    """The split with the answers of the model that the student is cut from, and the hash of its weights."""
    from distill_core.language.models.hugging_face import load

    folder = folder_of(parse(vocabulary.source))
    writer = weights_of(folder).sha256
    key = hashlib.sha256(f"{vocabulary.sha256}\n{writer}\n{torch.__version__}\n".encode())
    key.update(split.inputs.numpy().tobytes())
    kept = home / "cache" / "answers" / key.hexdigest()[:24] / "labels.safetensors" if home else None
    model = load(folder, vocabulary.size)
    return answered(split, empty, model, progress, kept, reader=reader_of(vocabulary)), writer


def _unknown(lines: Sequence[Line], vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """Which characters are none that a GPT of characters knows, in a note; other vocabularies are made for any text."""
    if vocabulary is not None:
        return ()
    texts = "".join(f"{line.prompt}{line.response or ''}" for line in lines)
    strange = sorted(set(texts) - set(CHARACTERS))
    if not strange:
        return ()
    count = sum(texts.count(character) for character in strange)
    shown = " ".join(strange[:MOST_SHOWN]) + (" ..." if len(strange) > MOST_SHOWN else "")
    return (
        f"{count:,} characters of these texts ({shown}) are none that a GPT of characters knows. Each counts as "
        "unknown, and to foretell that counts as right: take a Hugging Face model, or write them otherwise.",
    )


def _few_to_test_on(lines: dict[str, tuple[Line, ...]], dataset: str) -> tuple[str, ...]:
    few = len(lines["test"])
    if few >= ENOUGH_TO_TEST:
        return ()
    return (
        f"The test has {few} prompt{'s' if few > 1 else ''}, for about a tenth of {dataset} is kept for it, so its "
        f"figures may be chance. Give {10 * ENOUGH_TO_TEST} prompts or more.",
    )


def _who_wrote(written: int, every: int, source: str) -> str:
    which = "These prompts have no answers of their own" if written == every else f"{written:,} prompts have no answer"
    return (
        f"{which}: what {source} writes to them, greedily, counts as the label, in training and in the test. So the "
        "baseline learns from that model's words too, though not from its probabilities, and a perplexity says how "
        "well a model foretells these words."
    )


def _sha256(split: Split, sizes: Sequence[int], vocabulary: Vocabulary | None) -> str:
    digest = hashlib.sha256(f"{list(sizes)}\n{vocabulary.sha256 if vocabulary else 'characters'}\n".encode())
    for values in (split.inputs, split.labels):
        digest.update(values.contiguous().numpy().tobytes())
    return digest.hexdigest()
