"""What a step of training weighs: the temperature and each term's weight, which may climb or fall over a phase."""

from __future__ import annotations

from dataclasses import dataclass

from distill_core.config import DistillConfig, Level, Phase, Term
from distill_core.losses.registry import loss_named
from distill_core.train.schedule import Span


@dataclass(frozen=True)
class Moment:
    """The loss's settings at one step; `weights` names every term that is on in the phase."""

    temperature: float
    weights: dict[str, float]


def moment_of(config: DistillConfig, span: Span, step: int, steps: int) -> Moment:
    """The temperature and the weights of one step.

    Args:
        config: of the run.
        span: the phase and its steps.
        step: 0-based, inside the span.
        steps: of the whole training, which a term's `warmup` is a share of.
    """
    along = (step - span.start) / max(1, span.stop - span.start - 1)
    temperature = span.phase.temperature if span.phase.temperature is not None else config.objective.temperature
    weights = {name: _at(level, along) for name, level in levels_of(config, span.phase).items()}
    for term in config.terms:
        if term.loss in weights and term.warmup:
            weights[term.loss] *= min(1.0, (step + 1) / (term.warmup * steps))
    return Moment(_at(temperature, along), weights)


def levels_of(config: DistillConfig, phase: Phase) -> dict[str, Level]:
    """The terms that are on in a phase and the weight, or ramp, of each.

    `alpha` weighs the teacher's soft labels and `1 - alpha` the labels; the run's further terms have weights of their
    own, and one named `kd` or `ce` takes alpha's place. A phase that lists terms has these alone. A run without a
    teacher has the labels alone.
    """
    if phase.terms is not None:
        levels: dict[str, Level] = dict(phase.terms)
    else:
        levels = _alphas(config, phase)
        for term in config.terms:
            levels.pop(term.loss, None)
            if not term.phases or phase.name in term.phases:
                levels[term.loss] = weight_of(term)
    return {name: level for name, level in levels.items() if level not in (0, (0, 0))}


def _alphas(config: DistillConfig, phase: Phase) -> dict[str, Level]:
    """What alpha weighs; without a teacher the labels alone."""
    if config.teacher is None:
        return {"ce": 1.0}
    alpha = phase.alpha if phase.alpha is not None else config.objective.alpha
    return {"kd": alpha, "ce": (1 - alpha[0], 1 - alpha[1]) if isinstance(alpha, tuple) else 1 - alpha}


def weight_of(term: Term) -> float:
    """A term's weight: its own, or the published one."""
    return term.weight if term.weight is not None else loss_named(term.loss).weight


def _at(level: Level, along: float) -> float:
    """A constant, or a ramp's height `along` the way, 0..1."""
    return level[0] + (level[1] - level[0]) * along if isinstance(level, tuple) else level
