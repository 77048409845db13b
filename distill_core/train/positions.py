"""Which positions of a batch count: every input of a classifier, the answer's tokens of a text."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Positions:
    """The positions of a batch of B inputs that have something to predict, P in all.

    Attributes:
        where: `[B, L]` bool for texts of L tokens; None for images, of which each is one position.
    """

    where: Tensor | None

    @classmethod
    def of_labels(cls, labels: Tensor) -> Positions:
        """Those whose label is not negative; all where there is one label an input."""
        return cls(labels >= 0 if labels.ndim > 1 else None)

    def of(self, values: Tensor) -> Tensor:
        """`[B, L, ...]` -> `[P, ...]`; what is not given for each position comes as it is."""
        if self.where is None or values.shape[:2] != self.where.shape:
            return values
        return values[self.where]

    def each(self, values: Tensor) -> Tensor:
        """What is said of a whole input holds for each of its positions: `[B]` -> `[P]`."""
        return values if self.where is None else values[:, None].expand_as(self.where)[self.where]
