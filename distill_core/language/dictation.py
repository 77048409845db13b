"""A teacher writes the answers that a transfer set lacks."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from distill_core.language.data import prompts_of
from distill_core.language.tokens import EOS, IGNORED, PAD
from distill_core.language.writing import write
from distill_core.task import Split

BATCH = 512


def answered(split: Split, asked: Tensor, teacher: nn.Module, progress: Callable[[int, int], None]) -> Split:
    """The split with the teacher's greedy answer in place of the right one, where it is asked.

    What it writes is as wide as the split at most; an answer cut off has no end to be learned. Nothing of the right
    answers is left in these rows.

    Args:
        split: prompts with their right answers; a text without prompts comes back as it is.
        asked: `[N]` bool.
        teacher: ids `[B, L]` and a cache -> logits `[B, L, V]`.
        progress: told how many of the prompts are answered; may raise to end it.
    """
    prompts = prompts_of(split)
    rows = asked.nonzero().flatten().tolist()
    if prompts is None or not rows:
        return split
    inputs, labels = split.inputs.clone(), split.labels.clone()
    width = inputs.shape[1]
    done = 0

    def tell() -> None:
        nonlocal done
        progress(min(done, len(rows)), len(rows))
        done += BATCH

    room = width - min(len(prompts[row]) for row in rows)
    writing = write(teacher, [prompts[row] for row in rows], room, EOS, PAD, batch=BATCH, between=tell)
    for row, answer in zip(rows, writing.answers, strict=True):
        begin = len(prompts[row])
        said = answer[: width - begin]
        inputs[row, begin:], labels[row] = PAD, IGNORED
        inputs[row, begin : begin + len(said)] = said
        labels[row, begin - 1 : begin - 1 + len(said)] = said
    progress(len(rows), len(rows))
    return Split(inputs, labels, split.kinds, split.hardness)
