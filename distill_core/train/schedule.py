"""When each phase runs and how large a step is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from distill_core.config import Optimiser, Phase


@dataclass(frozen=True)
class Span:
    """A phase and its steps ``[start, stop)``; `index` counts the phases that have any."""

    phase: Phase
    index: int
    start: int
    stop: int


def phase_spans(phases: Sequence[Phase], steps: int) -> tuple[Span, ...]:
    """Lays the phases' shares out over the steps; a phase too short for one step is left out.

    Boundaries are rounded cumulative shares, so the spans cover every step exactly once.
    """
    spans: list[Span] = []
    share, start = 0.0, 0
    for position, phase in enumerate(phases):
        share += phase.share
        stop = steps if position == len(phases) - 1 else round(share * steps)
        if stop > start:
            spans.append(Span(phase, len(spans), start, stop))
            start = stop
    if spans and spans[-1].stop < steps:
        spans[-1] = Span(spans[-1].phase, spans[-1].index, spans[-1].start, steps)
    return tuple(spans)


CURRICULUM_STRETCHES = 8


@dataclass(frozen=True)
class Stretch:
    """Steps ``[start, stop)`` of a phase that draw from one pool.

    Attributes:
        share: of the easiest images, where the pool is chosen by ease.
        stream: the sampler's; no two stretches of a run share one.
        shift: of the augmented versions, so that a curriculum's stretches do not all begin with the first.
    """

    start: int
    stop: int
    share: float
    stream: int
    shift: int = 0


def stretches_of(span: Span) -> tuple[Stretch, ...]:
    """A phase as stretches of one pool each: a single one, or a curriculum's steps from the easiest to all images.

    A curriculum's share grows in a straight line; its last stretch draws from everything.
    """
    first, length = span.phase.easiest, span.stop - span.start
    if span.phase.pool != "curriculum":
        return (Stretch(span.start, span.stop, first, span.index),)
    count = min(CURRICULUM_STRETCHES, length)
    edges = [span.start + round(length * i / count) for i in range(count + 1)]
    return tuple(
        Stretch(
            start=edges[i],
            stop=edges[i + 1],
            share=first + (1 - first) * i / max(1, count - 1),
            stream=span.index + 1000 * (i + 1),
            shift=i,
        )
        for i in range(count)
    )


def learning_rate(step: int, steps: int, optimiser: Optimiser, phase: Phase) -> float:
    """The rate of one step: a linear climb, then a half cosine to zero or a constant, times the phase's scale.

    Args:
        step: 0-based.
        steps: of the whole training.
        optimiser: peak, shape and length of the climb.
        phase: its `lr_scale` multiplies the rate.
    """
    climb = round(optimiser.lr_warmup * steps)
    if step < climb:
        shape = (step + 1) / climb
    elif optimiser.lr_schedule == "constant":
        shape = 1.0
    else:
        shape = 0.5 * (1 + math.cos(math.pi * (step - climb) / max(1, steps - climb)))
    return optimiser.learning_rate * phase.lr_scale * shape
