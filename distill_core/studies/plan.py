"""What a study varies: a base configuration, variants of it, and seeds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError, field_validator

from distill_core.config import DistillConfig, Part
from distill_core.errors import ConfigError


class Variant(Part):
    """One way to run: its name on screen and the settings, by leaf name, in which it differs from the base."""

    name: str = Field(min_length=1, max_length=80)
    settings: dict[str, Any] = {}


class StudyPlan(Part):
    """Everything that decides what a study runs.

    The first variant is the one that others are compared with.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    title: str = ""
    base: DistillConfig
    variants: tuple[Variant, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)

    @field_validator("variants")
    @classmethod
    def _names_differ(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two variants are called {min(twice)!r}; give each a name of its own")
        return variants

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError(f"each seed counts once; got {', '.join(map(str, seeds))}")
        return seeds

    @classmethod
    def parse(cls, data: Any) -> StudyPlan:
        """Builds a plan from plain data; `base` is a configuration, each variant's settings are tried on it.

        Raises:
            ConfigError: with a sentence for what is wrong.
        """
        if not isinstance(data, dict):
            raise ConfigError(f"a study is a JSON object with name, base, variants and seeds; got {data!r}")
        base = data.get("base")
        if not isinstance(base, DistillConfig):
            base = DistillConfig.parse(base if base is not None else {})
        try:
            plan = cls.model_validate({**data, "base": base})
        except ValidationError as error:
            sentences = [f"study: {'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()]
            raise ConfigError("\n".join(sentences)) from None
        for _ in plan.jobs():
            pass
        return plan

    def runs_as(self, other: StudyPlan) -> bool:
        """Whether both have the same runs, whatever they are called."""
        return (self.base, self.variants, self.seeds) == (other.base, other.variants, other.seeds)

    def jobs(self) -> Iterator[Job]:
        """Every run of the study: all variants of a seed, then the next seed, so that comparisons come early.

        Raises:
            ConfigError: for a variant's setting that does not exist or a value it does not take.
        """
        alone = len(self.variants) == 1
        for seed in self.seeds:
            for variant in self.variants:
                name = self.base.name if alone else f"{self.name}: {variant.name}"[:80]
                config = self.base.changed({**variant.settings, "seed": seed, "name": name})
                yield Job(variant.name, seed, config, f"Seed {seed}" if alone else f"{variant.name}, seed {seed}")

    def to_json(self) -> str:
        """This plan as indented JSON; `parse(json.loads(...))` gives it back."""
        return json.dumps(self.model_dump(mode="json"), indent=2)


class Job(NamedTuple):
    """One run of a study; `label` is what to call it, which needs no variant where there is only one."""

    variant: str
    seed: int
    config: DistillConfig
    label: str


def grid(vary: Mapping[str, Sequence[Any]]) -> tuple[Variant, ...]:
    """A variant for each combination of values: ``{"temperature": [1, 4], "alpha": [0.5, 0.9]}`` gives four.

    Raises:
        ConfigError: if a setting has no values.
    """
    if not isinstance(vary, Mapping):
        raise ConfigError(f'study: vary is an object such as {{"temperature": [1, 4]}}; got {vary!r}')
    for setting, values in vary.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise ConfigError(f"study: {setting} is varied over a list of values; got {values!r}")
        if not values:
            raise ConfigError(f"study: {setting} has no values to try; write {setting}=VALUE,VALUE ...")
    named: dict[str, dict[str, Any]] = {}
    for setting, values in vary.items():
        named[setting] = {f"{setting} {_words(setting, value)}": value for value in values}
        if len(named[setting]) < len(values):
            raise ConfigError(f"study: {setting} has a value twice; got {list(values)!r}")
    return named_variants(named)


def named_variants(vary: Mapping[str, Mapping[str, Any]]) -> tuple[Variant, ...]:
    """A variant for each combination of named values.

    ``{"temperature": {"T 1": 1, "T 4": 4}}`` gives two, called ``T 1`` and ``T 4``.
    """
    variants = []
    for combination in itertools.product(*(values.items() for values in vary.values())):
        name = ", ".join(said for said, _ in combination) or "as it is"
        settings = {setting: value for setting, (_, value) in zip(vary, combination, strict=True)}
        variants.append(Variant(name=name[:80], settings=settings))
    return tuple(variants)


def read_plan(path: Path) -> StudyPlan:
    """A plan from a JSON file; its ``base`` may be left out for ``"preset": NAME`` and its variants for ``"vary"``.

    Raises:
        ConfigError: if the file cannot be read or says something wrong.
    """
    from distill_core import presets

    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as a study ({error})") from None
    if isinstance(data, dict) and "preset" in data:
        preset = presets.load(data.pop("preset"))
        data["base"] = preset.changed(data.get("base") or {})
    if isinstance(data, dict) and "vary" in data:
        data["variants"] = [variant.model_dump() for variant in grid(data.pop("vary"))]
    return StudyPlan.parse(data)


def _words(setting: str, value: Any) -> str:
    if value is None:
        return "all" if setting == "label_budget" else "none"
    return value if isinstance(value, str) else json.dumps(value)
