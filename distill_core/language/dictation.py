"""A teacher writes the answers that a transfer set lacks; each prompt's once, for all runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from distill_core.cards import replace_file
from distill_core.errors import StorageError
from distill_core.footprint import parameters
from distill_core.language.data import prompts_of
from distill_core.language.tokens import CHARACTER_READER, Reader, laid_out
from distill_core.language.writing import write
from distill_core.task import Split

BATCH = 512
LARGE_BATCH = 64
"""Prompts at a time of a model so large that they take seconds: few, so that progress shows and a stop is heard."""
LARGE = 20_000_000
"""Parameters from which a model counts as large."""


def _no_warning(_message: str) -> None:
    return None


def answered(
    split: Split,
    asked: Tensor,
    teacher: nn.Module,
    progress: Callable[[int, int], None],
    kept: Path | None = None,
    warn: Callable[[str], None] = _no_warning,
    reader: Reader = CHARACTER_READER,
) -> Split:
    """The split with the teacher's greedy answer in place of the right one, where it is asked.

    What it writes is as wide as the split at most; an answer cut off has no end to be learned. Nothing of the right
    answers is left in these rows.

    Args:
        split: prompts with their right answers; a text without prompts comes back as it is.
        asked: `[N]` bool.
        teacher: ids `[B, L]` and a cache -> logits `[B, L, V]`.
        progress: told how many of the prompts are answered; may raise to end it, and what is written by then is kept.
        kept: the file of this teacher's answers to this data; None keeps them for this run only.
        warn: told if the file is damaged, or cannot be written.
        reader: of the vocabulary.
    """
    prompts = prompts_of(split)
    rows = asked.nonzero().flatten()
    if prompts is None or not len(rows):
        return split
    shelf = Shelf.opened(kept, split.inputs.shape, warn)
    missing = rows[shelf.lengths[rows] == 0].tolist()
    missing.sort(key=lambda row: len(prompts[row]))
    done, width = len(rows) - len(missing), split.inputs.shape[1]
    at_once = LARGE_BATCH if parameters(teacher) >= LARGE else BATCH
    try:
        for start in range(0, len(missing), at_once):
            progress(done, len(rows))
            batch = missing[start : start + at_once]
            room = width - min(len(prompts[row]) for row in batch)
            asked_now = [prompts[row] for row in batch]
            writing = write(teacher, asked_now, room, reader.eos, reader.unwritten, batch=at_once, width=width)
            for row, answer in zip(batch, writing.answers, strict=True):
                shelf.put(row, answer)
            done += len(batch)
    finally:
        if missing:
            shelf.write(warn)
    inputs, labels = split.inputs.clone(), split.labels.clone()
    asked_of, said = [prompts[row] for row in rows.tolist()], [shelf.at(row) for row in rows.tolist()]
    inputs[rows], labels[rows] = laid_out(asked_of, said, width, reader.pad)
    progress(len(rows), len(rows))
    return Split(inputs, labels, split.kinds, split.hardness)


@dataclass
class Shelf:
    """Answers by prompt, in a file between runs.

    Attributes:
        path: of the file; None for none.
        tokens: `[N, L]` int32, each answer from the first column on.
        lengths: `[N]` int32, tokens of each answer; 0 where none is written.
    """

    path: Path | None
    tokens: Tensor
    lengths: Tensor

    @classmethod
    def opened(cls, path: Path | None, shape: tuple[int, ...], warn: Callable[[str], None]) -> Shelf:
        """What the file holds; an empty shelf without a file, or for one that cannot be used.

        Args:
            path: of the file; None for none.
            shape: (N, L) of the split.
            warn: told if there is a file that cannot be used.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        if path is not None and path.is_file():
            try:
                held = load(path.read_bytes())
                if held["tokens"].shape == shape and held["lengths"].shape == shape[:1]:
                    return cls(path, held["tokens"], held["lengths"])
            except (OSError, SafetensorError, KeyError):
                pass
            warn(f"The teacher's written answers in {path} cannot be read or are of other data; it writes them again.")
        return cls(path, torch.zeros(shape, dtype=torch.int32), torch.zeros(shape[0], dtype=torch.int32))

    def put(self, row: int, answer: Tensor) -> None:
        """Keeps the answer `[n]` to a prompt, n >= 1."""
        self.tokens[row, : len(answer)] = answer.to(torch.int32)
        self.lengths[row] = len(answer)

    def at(self, row: int) -> Tensor:
        """The answer to a prompt, int64 `[n]`."""
        return self.tokens[row, : int(self.lengths[row])].long()

    def write(self, warn: Callable[[str], None]) -> None:
        """Puts the shelf into its file, for later runs, beside what another run has written there meanwhile."""
        from safetensors.torch import save

        if self.path is None:
            return
        theirs = Shelf.opened(self.path, tuple(self.tokens.shape), _no_warning)
        new = (self.lengths == 0) & (theirs.lengths > 0)
        self.tokens[new], self.lengths[new] = theirs.tokens[new], theirs.lengths[new]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, save({"tokens": self.tokens, "lengths": self.lengths}))
        except (OSError, StorageError) as error:
            warn(f"The teacher's written answers are not kept for later runs: {error}")
