"""A training before it begins: its phases, and how temperature, alpha and learning rate go along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from distill_core.config import DistillConfig
from distill_core.events import PhaseSpan

STEPS = 400
"""The training is drawn as if it had so many steps; rounding then hides nothing that could be seen."""


@dataclass(frozen=True)
class Timeline:
    """What changes over a training.

    Attributes:
        phases: those that have a length, in steps of `STEPS`.
        frame: one row a step, with columns `step` (0-based), `phase`, `temperature` (None where labels alone teach),
            `kd` (the weight of the soft labels) and `rate` (the learning rate as a share of the highest set).
    """

    phases: tuple[PhaseSpan, ...]
    frame: pd.DataFrame


def timeline(config: DistillConfig) -> Timeline:
    """Of a run with a teacher, as its training loop will weigh it.

    Raises:
        ConfigError: if one of its losses does not exist.
    """
    from distill_core.train.moment import moment_of
    from distill_core.train.schedule import learning_rate, phase_spans

    spans = phase_spans(config.phases, STEPS)
    rows = []
    for span in spans:
        for step in range(span.start, span.stop):
            moment = moment_of(config, span, step, STEPS)
            listens = moment.weights.keys() - {"ce"}
            rows.append(
                {
                    "step": step,
                    "phase": span.phase.name,
                    "temperature": moment.temperature if listens else None,
                    "kd": moment.weights.get("kd", 0.0),
                    "rate": learning_rate(step, STEPS, config.optimiser, span.phase) / config.optimiser.learning_rate,
                }
            )
    phases = tuple(PhaseSpan(span.phase.name, span.start, span.stop, span.phase.pool) for span in spans)
    return Timeline(phases, pd.DataFrame(rows))


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Shares of the training that sum to 1, as whole percents that sum to 100: the largest rests go up."""
    lengths = [int(100 * share + 1e-9) for share in shares]
    rests = sorted(range(len(shares)), key=lambda i: lengths[i] - 100 * shares[i])
    for i in rests[: 100 - sum(lengths)]:
        lengths[i] += 1
    return lengths


def lengths_after(lengths: Sequence[int], moved: int) -> list[int]:
    """Lengths in percent that sum to 100 again, after one of them was set: the next phase gives or takes the rest.

    Where it has too little, those after it give too, then those before. The last phase turns to the one before it.
    """
    found = list(lengths)
    others = [*range(moved + 1, len(found)), *range(moved - 1, -1, -1)]
    over = sum(found) - 100
    if over < 0 and others:
        found[others[0]] -= over
        return found
    for i in others:
        taken = min(max(over, 0), found[i])
        found[i], over = found[i] - taken, over - taken
    found[moved] -= over
    return found


def lengths_with_one_more(lengths: Sequence[int], after: int) -> list[int]:
    """The lengths with a new phase behind number `after`, which has half of it, or of the longest if that is short."""
    giver = after if lengths[after] > 1 else max(range(len(lengths)), key=lengths.__getitem__)
    new = lengths[giver] // 2
    found = [length - new if i == giver else length for i, length in enumerate(lengths)]
    return [*found[: after + 1], new, *found[after + 1 :]]
