"""Which of temperature and alpha a run's losses read, so that none is said that plays no part."""

from __future__ import annotations

from distill_core.config import DistillConfig
from distill_core.losses.registry import LOSSES


def reads_temperature(config: DistillConfig) -> bool:
    """Whether any loss that counts softens answers by it."""
    options = {term.loss: term.options for term in config.terms}
    return any(LOSSES[name].reads_temperature(options.get(name, {})) for name in counted(config))


def reads_alpha(config: DistillConfig) -> bool:
    """Whether alpha weighs anything: not where soft labels and labels both have weights of their own."""
    weighed = any(phase.terms is None for phase in config.phases if phase.share > 0)
    return config.teacher is not None and weighed and not {"kd", "ce"} <= {term.loss for term in config.terms}


def levels_said(config: DistillConfig) -> list[str]:
    """Both as people say them: ``T 4``, ``alpha 0.9``."""
    temperature = f"T {config.objective.temperature:g}" if reads_temperature(config) else ""
    alpha = f"alpha {config.objective.alpha:g}" if reads_alpha(config) else ""
    return [said for said in (temperature, alpha) if said]


def counted(config: DistillConfig) -> set[str]:
    """The terms that count in any phase; a stored run may name some that are not known any more, and those do not."""
    from distill_core.train.moment import levels_of

    known = config.model_copy(update={"terms": type(config.terms)(t for t in config.terms if t.loss in LOSSES)})
    named = {term for phase in config.phases if phase.share > 0 for term in levels_of(known, phase)}
    return named & LOSSES.keys()
