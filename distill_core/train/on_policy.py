"""Steps in which the student writes the texts and the teacher judges them: on-policy distillation.

Agarwal et al. 2023, "On-Policy Distillation of Language Models" (GKD, 2306.13649), algorithm 1: with probability
lambda a step is taken on what the student itself says now, so that it learns what to do after its own mistakes; texts
of others never lead there. The draws are not differentiated, as in the paper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from distill_core.task import Author, no_matter


@dataclass(frozen=True)
class OnPolicy:
    """Which steps these are and what is written in them: pure functions of seed and step, so a run can be resumed.

    Attributes:
        share: lambda, 0..1, of the steps.
        seed: of the run.
        author: lets the student write.
    """

    share: float
    seed: int
    author: Author

    def writes(self, step: int) -> bool:
        """Whether the student writes in this step, 0-based."""
        return _drawn("whether", self.seed, step) < self.share * 2**63

    def written(
        self, student: nn.Module, indices: Tensor, step: int, between: Callable[[], None] = no_matter
    ) -> tuple[Tensor, Tensor]:
        """Inputs and labels by the student as it is now, for these `[B]` of the transfer set; see `Author.written`."""
        return self.author.written(student, indices, _drawn("what", self.seed, step), between)


def _drawn(what: str, seed: int, step: int) -> int:
    """A number in [0, 2^63), another for every question, seed and step."""
    digest = hashlib.sha256(f"on-policy {what} {seed} {step}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
