"""Of each of the teacher's answers the k likeliest classes and the sum of the rest, where whole answers are too many.

Whole answers to 30,000 tokens over a vocabulary of 49,152 are 5.9 GB; the 64 likeliest of each with their tail 15 MB.
They are kept in single precision, so that the tail is all that is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from distill_core.config import Objective
from distill_core.events import AnswersKept
from distill_core.losses.truncated import Kept, keep, tail_error
from distill_core.task import Feed, Split
from distill_core.train import targets
from distill_core.train.positions import Positions
from distill_core.train.targets import PLAIN, TeacherAnswers

MOST_OF_AN_ANSWER = 0.5
"""A larger share of the teacher's answers in the sum of the rest is warned of."""
_LOGITS_AT_ONCE = 2**24
"""Logits that the teacher gives before they are cut down: 64 MB."""


class LikeliestAnswers(TeacherAnswers):
    """`TeacherAnswers` cut down to what `keep` keeps, at one temperature, of the positions that count alone.

    The rows of an input lie together: those of input i from `offsets[i]` on, one for each of its positions that count.
    Answers on unaugmented images, which choose a pool, stay whole, and `at` gives those alone: there is one an image.

    Args:
        teacher: frozen; called with batches of `feed`.
        feed: of the transfer set.
        labels: of the transfer set, for the positions that count: `[N]`, or `[N, L]` with negative ones elsewhere.
        classes: C.
        folder: where answers are kept between runs; None keeps them for this run only.
        objective: how many classes are kept, and at which temperature.
        warn: told once if answers cannot be read or written; the run goes on without.
    """

    def __init__(
        self,
        teacher: nn.Module,
        feed: Feed,
        labels: Tensor,
        classes: int,
        folder: Path | None,
        objective: Objective,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(teacher, feed, len(labels), classes, folder, warn=warn)
        assert objective.top_k is not None
        self._classes, self._k, self._temperature = classes, objective.top_k, objective.temperature
        self._where = Positions.of_labels(labels).where
        self._counts = self._where.sum(dim=1) if self._where is not None else torch.ones(len(labels), dtype=torch.int64)
        self._offsets = self._counts.cumsum(dim=0) - self._counts

    @property
    def summary(self) -> AnswersKept | None:
        """How much of the answers is kept, over all that are known; None before the first."""
        tails = [self._of(draw, self._rows(kept["known"].nonzero().flatten())) for draw, kept in self._of_draws()]
        errors = torch.cat([tail_error(each, self._temperature) for each in tails]) if tails else torch.empty(0)
        if not len(errors):
            return None
        shares = errors / (2 * self._temperature)
        return AnswersKept(self._k, self._classes, shares.mean().item(), shares.max().item(), errors.max().item())

    def doubt(self, summary: AnswersKept) -> str | None:
        """What the user should know where most of an answer is not among what is kept."""
        if summary.tail <= MOST_OF_AN_ANSWER:
            return None
        return (
            f"At temperature {self._temperature:g} the {summary.kept:,} likeliest of {summary.classes:,} hold only "
            f"{1 - summary.tail:.0%} of an answer, so the student learns little of it. Take a lower temperature, such "
            "as 1, or keep more (top_k)."
        )

    def taught(self, indices: Tensor, draws: Tensor) -> Kept:
        """What is kept of the answers to inputs `[B]` in their draws `[B]`, which `prepare` has seen.

        Returns:
            P rows, one for each position that counts, input by input.
        """
        self.asked += len(indices)
        rows, first = self._rows(indices), int(draws[0])
        kept = self._of(first, rows)
        if not bool((draws == first).all()):
            of_rows = draws.repeat_interleave(self._counts[indices])
            for draw in draws.unique().tolist():
                here = of_rows == draw
                for part, other in zip(kept, self._of(draw, rows[here]), strict=True):
                    part[here] = other
        return kept

    @property
    def _at_once(self) -> int:
        length = self._where.shape[1] if self._where is not None else 1
        return max(1, min(targets.FORWARD_BATCH, _LOGITS_AT_ONCE // (length * self._classes)))

    def _empty(self, draw: int) -> dict[str, Tensor]:
        if draw == PLAIN:
            return super()._empty(draw)
        positions = int(self._counts.sum())
        return {
            "indices": torch.zeros(positions, self._k, dtype=torch.int32),
            "log_probabilities": torch.zeros(positions, self._k),
            "log_tail": torch.zeros(positions),
            "known": torch.zeros(len(self._counts), dtype=torch.uint8),
        }

    def _answer(self, batch: Tensor, draw: int) -> None:
        if draw == PLAIN:
            super()._answer(batch, draw)
            return
        where = None if self._where is None else self._where[batch]
        logits = self._forward(batch, torch.full_like(batch, draw), where)
        said = keep(logits, self._k, self._temperature)
        kept, rows = self._kept[draw], self._rows(batch)
        for name, part in said._asdict().items():
            kept[name][rows] = part.to(kept[name].dtype)

    def _of(self, draw: int, rows: Tensor) -> Kept:
        kept = self._kept[draw]
        return Kept(kept["indices"][rows].long(), kept["log_probabilities"][rows], kept["log_tail"][rows])

    def _of_draws(self) -> list[tuple[int, dict[str, Tensor]]]:
        return [(draw, kept) for draw, kept in self._kept.items() if draw != PLAIN]

    def _rows(self, indices: Tensor) -> Tensor:
        """The rows of these inputs `[B]`, input by input: `[P]`."""
        counts = self._counts[indices]
        before = counts.cumsum(dim=0) - counts
        return torch.arange(int(counts.sum())) + (self._offsets[indices] - before).repeat_interleave(counts)


def how_kept(objective: Objective, split: Split) -> str:
    """What kept answers depend on beside data and teacher, for their key: the texts too, which a teacher completed."""
    how = f"the likeliest {objective.top_k} at temperature {objective.temperature!r}"
    if split.labels.ndim == 1:
        return how
    texts = hashlib.sha256(split.inputs.contiguous().numpy().tobytes())
    texts.update(split.labels.contiguous().numpy().tobytes())
    return f"{how} of {texts.hexdigest()}"


def as_taught(
    said: Tensor | Kept | None, positions: Positions, objective: Objective, device: torch.device
) -> tuple[Tensor | None, Kept | None]:
    """What losses see of the teacher's answers: them as they are, or what is kept of them.

    Args:
        said: logits `[B, C]` or `[B, L, C]`, what is kept of the positions that count, or None.
        positions: of the batch.
        objective: how many classes are kept, where a teacher asked anew gave whole answers.
        device: where the losses are computed.
    """
    if said is None:
        return None, None
    if isinstance(said, Kept):
        return None, Kept(*(part.to(device) for part in said))
    logits = positions.of(said.to(device))
    return (logits, None) if objective.top_k is None else (None, keep(logits, objective.top_k, objective.temperature))
