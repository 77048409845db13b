"""Phases one by one, from a configuration to the form's inputs and back: any number of them. Pure: no widgets here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from distill_core.config import DistillConfig, Phase
from distill_core.errors import ConfigError
from distill_core.insight.timeline import whole_percents

MOST = 8
"""The form has inputs for so many phases, and for as many as a run has that was made elsewhere."""
RUNS, LABELS_ALONE, OWN_WEIGHTS = "The run's loss", "Labels alone", "Weights of its own"
LEVELS = ("temperature", "alpha")
FIELDS = (
    *("name", "share", "pool", "easiest", "ease", "classes", "lr_scale", "loss", "weights"),
    *(f"{what}_{part}" for what in LEVELS for part in ("own", "from", "to")),
)
_WEIGHT = re.compile(r"([\w-]+)\s*=\s*([^\s=]+?)(?:\.\.([^\s=]+))?")


def slots(config: DistillConfig) -> int:
    """How many phases the form has inputs for."""
    return max(MOST, len(config.phases))


def each_phase_values(config: DistillConfig) -> dict[str, Any]:
    """What the inputs of every phase show; those beyond the run's own phases show a plain one."""
    lengths = whole_percents([phase.share for phase in config.phases])
    values: dict[str, Any] = {"each_count": len(config.phases)}
    for i in range(slots(config)):
        known = i < len(config.phases)
        phase = config.phases[i] if known else Phase(name=f"phase-{i + 1}", share=0)
        values |= {f"each_{field}_{i}": value for field, value in _shown(phase, config).items()}
        values[f"each_share_{i}"] = lengths[i] if known else 0
    return values


def each_phase_of(form: Mapping[str, Any], moved: set[str], base: DistillConfig) -> list[dict[str, Any]]:
    """The phases that the inputs describe, as plain data; what was not moved stays exactly as it was in `base`.

    Raises:
        ConfigError: if weights cannot be read.
    """
    made = []
    for i in range(form["each_count"]):
        known = i < len(base.phases)
        phase = (base.phases[i] if known else Phase(name="x", share=0)).model_dump(mode="json")
        fields = {field: form[f"each_{field}_{i}"] for field in FIELDS if not known or f"each_{field}_{i}" in moved}
        phase |= {field: fields[field] for field in ("name", "pool", "ease", "classes", "lr_scale") if field in fields}
        if "easiest" in fields:
            phase["easiest"] = fields["easiest"] / 100
        for what in LEVELS:
            if any(f"{what}_{part}" in fields for part in ("own", "from", "to")):
                phase[what] = level_of(form, f"each_{what}", i)
        if {"loss", "weights"} & fields.keys():
            phase["terms"] = _terms_of(form, i)
        if moved & {"each_count", *(f"each_share_{j}" for j in range(form["each_count"]))}:
            phase["share"] = form[f"each_share_{i}"] / 100
        made.append(phase)
    return made


def level_values(phase: Phase, config: DistillConfig, what: str) -> dict[str, Any]:
    """What the inputs of a temperature or an alpha show: whether it is the phase's own, and from where to where."""
    own = getattr(phase, what)
    level = getattr(config.objective, what) if own is None else own
    first, last = level if isinstance(level, tuple) else (level, level)
    return {f"{what}_own": own is not None, f"{what}_from": first, f"{what}_to": last}


def level_of(form: Mapping[str, Any], name: str, i: int) -> float | list[float] | None:
    """A constant, a ramp, or None for the run's."""
    if not form[f"{name}_own_{i}"]:
        return None
    first, last = form[f"{name}_from_{i}"], form[f"{name}_to_{i}"]
    return first if first == last else [first, last]


def _shown(phase: Phase, config: DistillConfig) -> dict[str, Any]:
    """A phase without its length."""
    terms: Mapping[str, Any] | None = phase.terms
    loss = RUNS if terms is None else LABELS_ALONE if terms == {"ce": 1.0} else OWN_WEIGHTS
    alpha = config.objective.alpha
    return {
        "name": phase.name,
        "pool": phase.pool,
        "easiest": max(1, round(100 * phase.easiest)),
        "ease": phase.ease,
        "classes": list(phase.classes),
        "lr_scale": phase.lr_scale,
        "loss": loss,
        "weights": weights_said(terms if terms and loss == OWN_WEIGHTS else {"kd": alpha, "ce": round(1 - alpha, 6)}),
        **level_values(phase, config, "temperature"),
        **level_values(phase, config, "alpha"),
    }


def weights_said(weights: Mapping[str, float | tuple[float, float]]) -> str:
    """``kd=0.9, ce=0.1, at=0..1000``: a ramp has its first and its last value."""
    return ", ".join(
        f"{name}={'..'.join(map(_exact, level)) if isinstance(level, tuple) else _exact(level)}"
        for name, level in weights.items()
    )


def weights_read(text: str) -> dict[str, float | list[float]]:
    """What `weights_said` wrote, or a person typed.

    Raises:
        ConfigError: naming what cannot be read.
    """
    weights: dict[str, float | list[float]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _WEIGHT.fullmatch(part)
        try:
            levels = [float(number) for number in found.groups()[1:] if number] if found else []
        except ValueError:
            levels = []
        if found is None or not levels:
            raise ConfigError(f"{part!r} is no weight; write them such as kd=0.9, ce=0.1, at=0..1000")
        weights[found[1]] = levels[0] if len(levels) == 1 else levels
    return weights


def _terms_of(form: Mapping[str, Any], i: int) -> dict[str, Any] | None:
    if form[f"each_loss_{i}"] == RUNS:
        return None
    if form[f"each_loss_{i}"] == LABELS_ALONE:
        return {"ce": 1.0}
    try:
        return weights_read(form[f"each_weights_{i}"])
    except ConfigError as error:
        raise ConfigError(f"phases.{i}.terms: {error}") from None


def _exact(number: float) -> str:
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))
