"""Which student layer should learn from which teacher layer, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from distill_core.errors import ConfigError
from distill_core.mapping.connectors import plan, words_of
from distill_core.mapping.pairs import LayerFacts, Pair, evenly
from distill_core.mapping.taps import unknown_layer

Where = Literal["stages", "middle", "last"]
How = Literal["auto", "direct", "progressive", "depth"]
Layers = Sequence[LayerFacts]

WIDENING = 3
"""A step of the progressive way makes the student's layer at most this much wider ..."""
MOST_STEPS = 4
"""... unless that took more steps than this."""
MOST_BLOCKS = 4
"""Of two models without stages, so many blocks are paired."""


class _End(NamedTuple):
    """A layer where a stage or a block ends, and what a user would call it."""

    layer: LayerFacts
    words: str


class _Match(NamedTuple):
    student: _End
    teacher: _End
    share: bool = False
    """Whether they meet because both are as far through their models, whatever their strides."""

    @property
    def by_stride(self) -> bool:
        return _same_stride(self.student.layer, self.teacher.layer)


def suggest(student: Layers, teacher: Layers, *, where: Where = "stages", how: How = "auto") -> tuple[Pair, ...]:
    """Pairs of layers, shallow to deep, each with its reason.

    Each stage (run of blocks of equal stride) is known by its last block; a model of one stage, such as a ViT, by all
    its blocks. Where both models end at the same stride, stages of equal stride meet. Otherwise those at the same share
    of the way through do, counted so that the last meets the last; strides are relative to each model's own images, so
    sizes of images may differ.

    Args:
        student: of `list_layers`.
        teacher: of `list_layers`.
        where: "stages" pairs every stage, "middle" the one half-way through, "last" the last layer before pooling.
        how: "direct" keeps pairs of equal shape only; "progressive" those of a narrower student, widened in at
            least 2 steps; "depth" all, each with a plain connector; "auto" takes for each pair the first that fits,
            and widens in steps only where the teacher is more than 3 times as wide.

    Raises:
        ConfigError: if nothing fits; the message says what differs.
    """
    matches = _last(student, teacher) if where == "last" else _stages(student, teacher)
    pairs, refusals = [], []
    for match in matches:
        try:
            pairs.append(_pair(match, how))
        except ConfigError as refusal:
            refusals.append(str(refusal))
    if not pairs and how == "direct" and where != "last":
        pairs = _equal_shapes(student, teacher)
    if not pairs:
        raise ConfigError(refusals[-1])
    return (pairs[(len(pairs) - 1) // 2],) if where == "middle" else tuple(pairs)


def check_pairs(names: Iterable[tuple[str, str]], student: Layers, teacher: Layers) -> tuple[Pair, ...]:
    """A layer map chosen by hand, shallow to deep; a pair that crosses another is allowed and says so in its reason.

    Args:
        names: `(student layer, teacher layer)`.
        student: of `list_layers`.
        teacher: of `list_layers`.

    Raises:
        ConfigError: if a layer does not exist or a pair makes no sense; the message says why.
    """
    chosen: list[tuple[LayerFacts, LayerFacts]] = []
    for student_name, teacher_name in names:
        pair = _named("student", student_name, student), _named("teacher", teacher_name, teacher)
        if pair in chosen:
            raise ConfigError(f"layer map: {student_name} -> {teacher_name} is there twice; remove one")
        _refuse_nonsense(*pair)
        chosen.append(pair)
    if not chosen:
        raise ConfigError("layer map: no pair is given; add one, or let it be suggested")
    chosen.sort(key=lambda pair: (pair[0].order, pair[1].order))
    pairs = []
    for ours, theirs in chosen:
        crossed = [f"{a.name} -> {b.name}" for a, b in chosen if (a.order - ours.order) * (b.order - theirs.order) < 0]
        reason = "chosen by hand" + (
            f"; crosses {', '.join(crossed)}: a shallower layer learns from a deeper one" if crossed else ""
        )
        pairs.append(Pair(ours.name, theirs.name, ours.shape, theirs.shape, reason))
    return tuple(pairs)


def _refuse_nonsense(student: LayerFacts, teacher: LayerFacts) -> None:
    for who, layer in (("student", student), ("teacher", teacher)):
        if layer.part == "output":
            raise ConfigError(
                f"layer map: the {who}'s {layer.name} gives the answers (logits), which the losses on soft labels "
                "compare already; choose a layer before the classifier"
            )
    # The last blocks on a tiny image may honestly have one place; a pooled or squeezed map is no such block.
    if student.form == "map" and student.places == 1 < teacher.places and not student.is_block:
        raise ConfigError(
            f"layer map: the student's {student.name} has one place and cannot learn from {teacher.name}, "
            f"{words_of(teacher.shape)}; choose a student layer before its pooling, or the teacher's pooled one"
        )
    try:
        plan(student.shape, teacher.shape)
    except ConfigError as error:
        raise ConfigError(f"layer map: {student.name} -> {teacher.name}: {error}") from error


def _named(who: str, name: str, layers: Layers) -> LayerFacts:
    for layer in layers:
        if layer.name == name:
            return layer
    raise unknown_layer(
        f"{who} layer", name, [layer.name for layer in layers], [layer.name for layer in layers if layer.is_block]
    )


def _pair(match: _Match, how: How) -> Pair:
    """The pair of a match, if it fits the way asked for.

    Raises:
        ConfigError: if it does not.
    """
    ours, theirs = match.student.layer, match.teacher.layer
    pair = Pair(ours.name, theirs.name, ours.shape, theirs.shape, _reason(match))
    if how == "direct" and ours.shape != theirs.shape:
        raise ConfigError(
            f"layer map: no layers of equal shape; the student's {ours.name} has {words_of(ours.shape)}, the teacher's "
            f"{theirs.name} {words_of(theirs.shape)}; use 'auto', which puts a connector between them"
        )
    if how == "progressive":
        if ours.form != theirs.form:
            raise ConfigError(
                f"layer map: progressive widening needs two maps or two rows of tokens, but {ours.name} has "
                f"{words_of(ours.shape)} and {theirs.name} {words_of(theirs.shape)}; use 'depth'"
            )
        if ours.width >= theirs.width:
            raise ConfigError(
                f"layer map: progressive widening is for a student narrower than its teacher, but {ours.name} is "
                f"{ours.width} wide and {theirs.name} {theirs.width}; use 'auto'"
            )
    plan(ours.shape, theirs.shape)
    if ours.shape == theirs.shape:
        return replace(pair, reason=f"{pair.reason}; same shape")
    steps = 1
    if how == "progressive" or (how == "auto" and match.by_stride and ours.form == theirs.form):
        steps = _steps(ours.width, theirs.width, at_least=2 if how == "progressive" else 1)
    if steps > 1:
        pair = replace(
            pair,
            reason=f"{pair.reason}; widened from {ours.width} to {theirs.width} in {steps} steps",
            widening_steps=steps,
        )
    return pair


def _steps(width: int, target: int, at_least: int) -> int:
    if width >= target:
        return 1
    # Rounded before the ceiling, for log(27, 3) is 3.0000000000000004.
    return min(max(math.ceil(round(math.log(target / width, WIDENING), 6)), at_least), MOST_STEPS)


def _reason(match: _Match) -> str:
    (ours, our_words), (theirs, their_words) = match.student, match.teacher
    where = our_words if our_words == their_words else f"{our_words} (student) and {their_words} (teacher)"
    if match.by_stride:
        return f"same stride {ours.stride:.3g}, {where}" if ours.stride == theirs.stride else f"like strides, {where}"
    strides = f", strides {ours.stride:.3g} and {theirs.stride:.3g}" if ours.stride and theirs.stride else ""
    return f"same share of the way through, {where}{strides}" if match.share else f"{where}{strides}"


def _last(student: Layers, teacher: Layers) -> list[_Match]:
    ours, theirs = _blocks("student", student)[-1], _blocks("teacher", teacher)[-1]
    if ours.form == "vector" and theirs.form != "vector":
        theirs = _pooled(ours, theirs, teacher)
        return [_Match(_End(ours, "last hidden layer"), _End(theirs, "pooled features"))]
    ends = [
        _End(layer, "last hidden layer" if layer.form == "vector" else "last layer before pooling")
        for layer in (ours, theirs)
    ]
    return [_Match(ends[0], ends[1])]


def _stages(student: Layers, teacher: Layers) -> list[_Match]:
    """The ends of both models, matched one to one, shallow to deep."""
    ours, theirs = _ends("student", student), _ends("teacher", teacher)
    last, target = ours[-1].layer, theirs[-1].layer
    if last.form == "vector" and target.form != "vector":
        return _last(student, teacher)
    # On a tiny image the deepest stage may be down to one place, which cannot say where.
    placed = [end for end in ours if end.layer.places > 1 or target.places == 1] or ours
    if _same_stride(last, target):
        by_scale = {_scale(end.layer): end for end in theirs}
        common = [end for end in ours if _scale(end.layer) in by_scale]
        if len({_scale(end.layer) for end in common}) == len(common) > min(len(ours), len(theirs)) // 2:
            return [_Match(end, by_scale[_scale(end.layer)]) for end in common if end in placed or len(common) == 1]
    ours = placed
    count = min(len(ours), len(theirs))
    if not (_has_stages(ours) or _has_stages(theirs)):
        count = min(count, MOST_BLOCKS)
    return [_Match(a, b, share=True) for a, b in zip(evenly(ours, count), evenly(theirs, count), strict=True)]


def _equal_shapes(student: Layers, teacher: Layers) -> list[Pair]:
    """For each stage of the student, deepest first, the deepest teacher block of the same shape that crosses none."""
    pairs: list[Pair] = []
    candidates = list(_blocks("teacher", teacher))
    for ours, words in reversed(_ends("student", student)):
        equal = [position for position, layer in enumerate(candidates) if layer.shape == ours.shape]
        if equal:
            theirs = candidates[equal[-1]]
            candidates = candidates[: equal[-1]]
            pairs.append(Pair(ours.name, theirs.name, ours.shape, theirs.shape, f"{words} (student); same shape"))
    return pairs[::-1]


def _pooled(ours: LayerFacts, theirs: LayerFacts, teacher: Layers) -> LayerFacts:
    for layer in teacher:
        if layer.part == "head" and layer.places == 1:
            return layer
    if theirs.places == 1:
        return theirs
    raise ConfigError(
        f"layer map: the student's {ours.name} is {words_of(ours.shape)} and the teacher names no layer between "
        f"{theirs.name}, {words_of(theirs.shape)}, and its answers; use losses on soft labels for this pair"
    )


def _blocks(who: str, layers: Layers) -> list[LayerFacts]:
    blocks = [layer for layer in layers if layer.is_block and layer.part == "features"]
    if not blocks:
        blocks = [layer for layer in layers if layer.part == "features"]
    if not blocks:
        raise ConfigError(f"layer map: the {who} has no named layer before its answers; use losses on soft labels")
    return blocks


def _ends(who: str, layers: Layers) -> list[_End]:
    """Last blocks of the stages; all blocks of a model with one stage. A stem of single layers is no stage."""
    blocks = _blocks(who, layers)
    stages: dict[int | None, list[LayerFacts]] = {}
    for layer in blocks:
        if layer.stage != 0:
            stages.setdefault(layer.stage, []).append(layer)
    stages = {number: [layer for layer in some if layer.composite] or some for number, some in stages.items()}
    if len(stages) > 1:
        return [_End(some[-1], f"last block of stage {_number(some[-1])}") for some in stages.values()]
    (only,) = stages.values()
    return [_End(layer, f"block {i} of {len(only)}") for i, layer in enumerate(only, start=1)]


def _number(layer: LayerFacts) -> str:
    """The stage's number as the layer's own name counts it, else as `list_layers` does."""
    counted = re.search(r"(?:stage|layer)(\d+)", layer.name)
    return counted[1] if counted else str(layer.stage)


def _has_stages(ends: list[_End]) -> bool:
    return len({end.layer.stage for end in ends}) > 1


def _scale(layer: LayerFacts) -> int | None:
    """The stride to the nearest power of two, so that padding does not matter."""
    return None if layer.stride is None else round(math.log2(layer.stride))


def _same_stride(ours: LayerFacts, theirs: LayerFacts) -> bool:
    return ours.stride is not None and theirs.stride is not None and _scale(ours) == _scale(theirs)
