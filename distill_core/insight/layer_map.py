"""Which layers a method pairs for a student and a teacher, and what stands between them: before a run, and after it.

The run's own builder makes the terms, so what is shown here is what a run does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.events import TermFacts
from distill_core.insight.words import weight_by_phase
from distill_core.losses.registry import LENDER, LOSSES
from distill_core.task import DataFacts, task_named

if TYPE_CHECKING:
    from torch import nn

    from distill_core.mapping.pairs import Pair
    from distill_core.train.terms import Builder

_BETWEEN = {
    "spatial": "1x1 convolution to the teacher's channels; compared at the smaller size",
    "review": "fused with the deeper layers, then a 3x3 convolution",
    "ofa": "an exit of its own: average, then linear to the classes",
    "simkd": "the projector, a part of the student that stays in it",
    "crd": "both projected linearly to as many numbers",
}
NOTHING = "none"
"""What a connector's words begin with where layers need none."""


@dataclass(frozen=True)
class PairFacts:
    """A pair as the user meets it; shapes are in words, parameters those that train for this pair alone."""

    student: str
    student_shape: str
    teacher: str
    teacher_shape: str
    connector: str
    parameters: int
    reason: str


@dataclass(frozen=True)
class LayerMap:
    """A method's pairs, shallow to deep, and how many parameters train beside the student's for it."""

    pairs: tuple[PairFacts, ...]
    parameters: int


@dataclass(frozen=True)
class LayerNames:
    """The layers where blocks end, each with its shape in words, in order of execution."""

    student: dict[str, str]
    teacher: dict[str, str]


def layer_map(config: DistillConfig, loss: str) -> LayerMap:
    """The pairs of one of the run's terms.

    Raises:
        DistillError: if the layers cannot be paired, or a model cannot be built; says why.
    """
    from distill_core.losses.lesson import Term

    names = [loss, *(term.loss for term in config.terms if term.loss == LENDER != loss)]
    term = _builder(config, names).build()[loss]
    assert isinstance(term, Term)
    pairs = term.site.pairs
    own = _by_pair(term, len(pairs))
    return LayerMap(
        tuple(_facts(loss, pair, own[index]) for index, pair in enumerate(pairs)),
        sum(parameter.numel() for parameter in term.parameters()),
    )


def as_it_ran(facts: TermFacts, foreseen: LayerMap | None) -> LayerMap:
    """The layer map that a run said it has; shapes and connectors are those its settings foresee.

    Args:
        facts: of the term, from the run's `Started`.
        foreseen: `layer_map` of the run's settings; None if a model of it can no longer be built.
    """
    known = {(pair.student, pair.teacher): pair for pair in foreseen.pairs} if foreseen else {}
    pairs = [
        known.get((student, teacher)) or PairFacts(student, "", teacher, "", "", 0, _reason(facts.name, reason))
        for student, teacher, reason in facts.pairs
    ]
    return LayerMap(tuple(pairs), facts.parameters)


def weights(config: DistillConfig) -> dict[str, str]:
    """Every term of a run's loss, and its weight in words; phases of no length do not count."""
    from distill_core.train.moment import levels_of

    levels = {phase.name: levels_of(config, phase) for phase in config.phases if phase.share > 0}
    climbs = {
        term.loss: f", climbing from 0 over the first {term.warmup:.0%} of the training"
        for term in config.terms
        if term.warmup
    }
    names = dict.fromkeys(name for on in levels.values() for name in on)
    return {
        name: weight_by_phase({phase: on.get(name, 0.0) for phase, on in levels.items()}) + climbs.get(name, "")
        for name in names
    }


def layer_names(config: DistillConfig) -> LayerNames:
    """What pairs made by hand can choose from.

    Raises:
        DistillError: if a model cannot be built; says why.
    """
    from distill_core.mapping.connectors import words_of

    builder = _builder(config, [term.loss for term in config.terms if term.loss == LENDER])
    builder.build()
    ends = [
        {layer.name: words_of(layer.shape) for layer in layers if layer.is_block and layer.part == "features"}
        for layers in (builder.student_layers, builder.teacher_layers)
    ]
    return LayerNames(*ends)


def refusal_of_pair(config: DistillConfig, loss: str, student: str, teacher: str) -> str | None:
    """Why a pair cannot be made for a method; None if it can."""
    alone = config.changed({"terms": [{"loss": loss, "layers": [[student, teacher]]}, *_lenders(config, loss)]})
    try:
        layer_map(alone, loss)
    except ConfigError as error:
        return str(error)
    return None


def _lenders(config: DistillConfig, loss: str) -> list[dict[str, Any]]:
    return [term.model_dump(mode="json") for term in config.terms if term.loss == LENDER != loss]


def _builder(config: DistillConfig, names: list[str]) -> Builder:
    """The run's builder, for models with random weights: shapes do not depend on them."""
    from distill_core.train.terms import Builder

    if config.teacher is None:
        raise ConfigError("terms: a layer map needs a teacher; choose one")
    task = task_named(config.task)
    data = task.foreseen(config)
    facts = data.facts(config.dataset)
    card = task.card_of(config.teacher, facts)
    if card is None:
        teacher, card = task.load_teacher(config.teacher, facts)
    else:
        theirs = DataFacts(
            card.dataset, card.classes, card.input_shape, card.mean, card.std, "", vocabulary=card.vocabulary
        )
        teacher = task.build(card.architecture, theirs, 0)
    return Builder(
        config,
        names=names,
        student=task.build(task.bare(config.student), facts, 0),
        student_example=task.example(facts),
        teacher=teacher,
        teacher_example=task.example(card),
        classes=facts.outputs,
        images=data.inputs,
    )


def _by_pair(term: nn.Module, pairs: int) -> list[int]:
    """How many parameters a term trains for each of its pairs."""
    from torch import nn

    lists = [child for child in term.children() if isinstance(child, nn.ModuleList) and len(child) == pairs]
    return [sum(p.numel() for each in lists for p in each[index].parameters()) for index in range(pairs)]


def _facts(loss: str, pair: Pair, parameters: int) -> PairFacts:
    from distill_core.mapping.connectors import plan, words_of

    if loss == "spatial" and not parameters:
        connector = f"{NOTHING}: compared at the smaller size"
    elif loss in _BETWEEN:
        connector = _BETWEEN[loss]
    elif LOSSES[loss].connects:
        connector = plan(pair.student_shape, pair.teacher_shape, pair.widening_steps)
        connector = f"{NOTHING} needed" if connector == "identity" else connector
    else:
        connector = f"{NOTHING}: compared as they are"
    return PairFacts(
        pair.student,
        words_of(pair.student_shape),
        pair.teacher,
        words_of(pair.teacher_shape),
        connector,
        parameters,
        _reason(loss, pair.reason),
    )


def _reason(loss: str, reason: str) -> str:
    """Why two layers are a pair; nothing is widened by a loss that has no connector."""
    connects = loss in LOSSES and LOSSES[loss].connects
    return reason if connects else reason.partition("; widened from")[0]
