"""Configurations that follow from advice, each with what is measured of it and what is not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill_core.config import DistillConfig
from distill_core.insight.doubts import looks_at_labels
from distill_core.insight.seeds import MeanGain
from distill_core.insight.words import percent
from distill_core.losses.registry import LOSSES
from distill_core.studies.advice import Advice, epochs_of
from distill_core.studies.weighing import Case
from distill_core.studies.words import share


@dataclass(frozen=True)
class Offer:
    """Something to train; `sentence` says what is known of it."""

    title: str
    config: DistillConfig
    sentence: str


def offers(advice: Advice, case: Case) -> list[Offer]:
    """What was measured, as it was; then the same with all that is advised, if that is something else.

    Raises:
        ConfigError: if the settings of a study do not go with the data of the case.
    """
    found = advice.measured
    if found is None:
        return []
    seeds = f"{found.row.seeds} seed{'s' if found.row.seeds != 1 else ''}"
    told = (
        f"{epochs_of(found)}, {_labels(found.labels)}: {share(found.row.accuracy)} over {seeds}."
        f"{_one_more(found.row.accuracy)}"
    )
    exact = Offer("Train exactly what was measured", found.config, told)
    if advice.settings is None:
        return [exact]
    budget = int(case.labels) if math.isfinite(case.labels) else None
    if found.labels == case.labels or not looks_at_labels(found.config):
        budget = found.config.label_budget
    changed = found.config.changed({"dataset": case.dataset, "label_budget": budget, **advice.settings})
    changes = list(_changes(found.config, changed))
    if not changes:
        return [exact]
    told = f"Not measured as a whole; differs from what was in this: {'; '.join(changes)}."
    return [exact, Offer("Train with all that is suggested", changed, told)]


def _one_more(measured: MeanGain) -> str:
    """Where a single run may end.

    A prediction interval: that of the mean times sqrt(n + 1), for one more value of the same normal distribution.
    """
    if measured.half_width is None:
        return " One seed: yours may end elsewhere."
    reach = measured.half_width * math.sqrt(measured.seeds + 1)
    low, high = max(0.0, measured.mean - reach), min(1.0, measured.mean + reach)
    return (
        f" By these seeds one more run should end between {percent(low)} and {percent(high)}; another machine or "
        "number of threads moves it as a seed does."
    )


def _changes(old: DistillConfig, new: DistillConfig) -> Iterator[str]:
    """What differs between two configurations, in words; each is a claim that nobody measured."""
    if new.dataset != old.dataset:
        yield f"{new.dataset} instead of {old.dataset}"
    if new.label_budget != old.label_budget:
        yield f"{_labels(new.label_budget)} instead of {_labels(old.label_budget)}"
    if new.training.epochs != old.training.epochs:
        epochs = new.training.epochs
        yield f"{epochs} epoch{'s' if epochs != 1 else ''} instead of {old.training.epochs}"
    for name in ("temperature", "alpha"):
        ours, theirs = getattr(new.objective, name), getattr(old.objective, name)
        if ours != theirs:
            yield f"{name} {ours:g} instead of {theirs:g}"
    if new.terms != old.terms:
        titles = [LOSSES[term.loss].title if term.loss in LOSSES else term.loss for term in new.terms]
        yield f"{' and '.join(titles)} beside soft labels"


def _labels(number: float | None) -> str:
    return "all labels" if number is None or math.isinf(number) else f"{number:,.0f} labels"


def larger_than(student: str, ladder: Sequence[tuple[str, int]], most: int = 2) -> list[tuple[str, int]]:
    """The next larger students of the same family, smallest first; a family is what a name begins with.

    Args:
        student: by name.
        ladder: names and parameters of those there are.
        most: how many to give.
    """
    sizes = dict(ladder)
    kind = _family(student)
    larger = [(name, size) for name, size in ladder if _family(name) == kind and size > sizes.get(student, math.inf)]
    return sorted(larger, key=lambda each: each[1])[:most]


def _family(name: str) -> str:
    return re.split(r"[\d-]", name, maxsplit=1)[0]
