"""Which images each step sees: a pure function of seed, phase and step, so a resumed run needs no sampler state."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import torch
from torch import Tensor


class Sampler:
    """Walks over a pool in shuffled passes, one after another; a batch may span the end of one and the next's start.

    Args:
        pool: indices `[M]`.
        batch_size: B; may be larger than M.
        seed: the run's.
        stream: a number that differs between the phases of a run.
    """

    def __init__(self, pool: Tensor, batch_size: int, seed: int, stream: int) -> None:
        self.pool = pool
        self._batch_size = batch_size
        self._seed = (seed * 1_000_003 + stream) * 1_000_003
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Step `step` of the phase (0-based): image indices `[B]` and the number of the pass each belongs to `[B]`."""
        first, size = step * self._batch_size, len(self.pool)
        indices, passes = [], []
        remaining = self._batch_size
        while remaining:
            number, offset = divmod(first, size)
            taken = min(remaining, size - offset)
            indices.append(self._order(number)[offset : offset + taken])
            passes.append(torch.full((taken,), number))
            first, remaining = first + taken, remaining - taken
        return torch.cat(indices), torch.cat(passes)

    def images_of(self, number: int, steps: int, without: Collection[int] = ()) -> Tensor:
        """The images of pass `number` that the phase's first `steps` steps reach: all of them but in the last pass.

        Those that come in the steps `without` alone are left out.
        """
        first = number * len(self.pool)
        images = self._order(number)[: max(0, steps * self._batch_size - first)]
        if not without:
            return images
        step_of = torch.arange(first, first + len(images)) // self._batch_size
        return images[~torch.isin(step_of, torch.tensor(list(without)))]

    def _shuffled(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed((self._seed + number) % 2**63)
        return self.pool[torch.randperm(len(self.pool), generator=generator)]
