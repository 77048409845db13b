"""Why a loss is no longer a number, as far as its terms tell, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from distill_core.losses.registry import loss_named

ABSURD = 1000.0
"""How many times the others together, and how many nats, a weighted term has whose weight is to blame."""


def what_to_do(
    values: Mapping[str, float], weights: Mapping[str, float], before: Mapping[str, float], learning_rate: float
) -> str:
    """What to change in a run whose loss is no number: the weight of a term, or the learning rate.

    Args:
        values: each term's unweighted value in the lost step.
        weights: what each was multiplied by in it.
        before: the weighted terms of the last step whose loss was a number; empty if there was none.
        learning_rate: the peak of the run's schedule.
    """
    slower = "try a tenth of it, or set clip_norm to 1."
    parts = before or {name: weights[name] * value for name, value in values.items()}
    name = _outweighing(parts, weights)
    if name is not None:
        when = "in the step before" if before else "in this step"
        return (
            f"The weight of {name!r} is the likely cause: it is {weights[name]:g}, and made {parts[name]:.3g} of the "
            f"loss {when}{_of_the_others(parts, name)}. {_lower(name, weights[name])}"
        )
    lost = [name for name, value in values.items() if not math.isfinite(value)]
    alone = [name for name in lost if name not in ("kd", "ce")] if len(lost) < len(values) else []
    if alone:
        return (
            f"The weight of {alone[0]!r} is the likely cause: try a tenth of it. Else lower the learning rate: {slower}"
        )
    return f"The learning rate {learning_rate:g} is the usual cause: {slower}"


def _outweighing(parts: Mapping[str, float], weights: Mapping[str, float]) -> str | None:
    """The term that is absurdly large, also beside all others, and that its weight has made larger."""
    known = {name: abs(part) for name, part in parts.items() if not math.isnan(part) and name in weights}
    if not known:
        return None
    name = max(known, key=lambda each: known[each])
    others = sum(part for other, part in known.items() if other != name)
    return name if weights[name] > 1 and known[name] > ABSURD * max(1.0, others) else None


def _of_the_others(parts: Mapping[str, float], name: str) -> str:
    others = [part for other, part in parts.items() if other != name and math.isfinite(part)]
    return f", where the others together made {sum(others):.3g}" if others else ""


def _lower(name: str, weight: float) -> str:
    published = loss_named(name).weight
    return f"Lower it; {published:g} is the published one." if weight > published else "Try a tenth of it."
