"""How often models give the same answer to the same inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Answers = NDArray[np.integer[Any]]


def same(first: Answers, second: Answers) -> float:
    """The share of inputs on which two models, answers `[N]` of each, say the same, 0..1."""
    return float(np.mean(first == second))


def table_of(answers: Mapping[str, Answers]) -> list[list[float]]:
    """The share of each pair, in the order given; a model agrees with itself on all."""
    every = list(answers.values())
    return [[same(first, second) for second in every] for first in every]


def furthest_apart(names: Sequence[str], shares: Sequence[Sequence[float]]) -> tuple[str, str, float]:
    """The pair that agrees least, and on what share; of two models or more."""
    pairs = [(one, other) for one in range(len(names)) for other in range(one)]
    one, other = min(pairs, key=lambda pair: shares[pair[0]][pair[1]])
    return names[other], names[one], shares[one][other]
