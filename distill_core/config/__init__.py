"""The one description of a run.

A `DistillConfig` is frozen and validated, goes to JSON and back, and says everything that affects a run's
numbers. A page, a file and a terminal command all build the same object; the engine never changes it.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from distill_core.config.names import leaf_path, leaves_in_their_parts, paths_of, read_setting
from distill_core.config.parts import (
    BLOCK_CHOICES,
    DEFAULT_PHASES,
    LAYER_MODES,
    PHASE_NAMES,
    Augmentation,
    BlockChoice,
    Ease,
    Hardware,
    LayerChoice,
    Level,
    Objective,
    Optimiser,
    Part,
    Phase,
    Term,
    Training,
)
from distill_core.config.sentences import sentence
from distill_core.errors import ConfigError

__all__ = [
    "BLOCK_CHOICES",
    "DEFAULT_PHASES",
    "LAYER_MODES",
    "PHASE_NAMES",
    "TEACHER",
    "Augmentation",
    "BlockChoice",
    "DistillConfig",
    "Ease",
    "Hardware",
    "LayerChoice",
    "Level",
    "Objective",
    "Optimiser",
    "Part",
    "Phase",
    "Term",
    "Training",
    "leaf_path",
    "read_setting",
    "settings_by_name",
]

SCHEMA_VERSION = 1
TEACHER = "teacher"
"""What `begin_from` calls the run's own teacher."""

WISHES = {"gradient_shares"}
"""Settings of the training that only ask to see more of it; they change no number."""


class DistillConfig(Part):
    """Everything that decides what a run does.

    Example:
        >>> DistillConfig(student="resnet8-w8", label_budget=400).objective.temperature
        4.0
    """

    schema_version: Literal[1] = 1
    name: str = Field("", max_length=80, description="a label for people; changes no number")
    task: str = Field("vision", description="what kind of problem: vision or language")
    teacher: str | None = Field(
        "vgg8-fashion", description="a teacher's name, its folder, hf:MODEL, or null for labels only"
    )
    student: str = Field(
        "resnet8-w8", description="the architecture that learns; hf:MODEL:24 has 24 of a model's blocks"
    )
    begin_from: str | None = Field(
        None,
        description="the model whose layers the student begins with: teacher, a model's name or folder, or null for "
        "random weights",
    )
    begin_layers: BlockChoice = Field(
        "influence", description="which of its blocks: the most influential, evenly spread, from both ends, or a list"
    )
    dataset: str = Field("fashion-mnist-mini", description="the transfer set")
    data_folder: str | None = Field(None, description="where the data set's files are, or the file of prompts")
    image_size: int = Field(32, ge=8, le=512, description="for an image folder: images become this many pixels square")
    text_length: int = Field(
        96, ge=8, le=2048, description="for prompts with answers: tokens that both may take, an answer is cut off there"
    )
    label_budget: int | None = Field(None, ge=1, description="labels the student may see; null for all")
    labels_file: str | None = Field(None, description="a CSV of image,label: these labels are seen and no others")
    seed: int = Field(0, ge=0, lt=2**31, description="decides initial weights, batch order and which labels are seen")
    baseline: bool = Field(True, description="also train the same student on labels only, to compare")
    objective: Objective = Objective()
    terms: tuple[Term, ...] = Field((), description="losses beside alpha's two, such as ['at', 'hint'] or {'at': 1000}")
    phases: tuple[Phase, ...] = Field(
        DEFAULT_PHASES,
        description="shares of the training for warm-up, distil and fine-tune, or a list of phases in full",
    )
    training: Training = Training()
    optimiser: Optimiser = Optimiser()
    augmentation: Augmentation = Augmentation()
    hardware: Hardware = Hardware()

    @field_validator("terms", mode="before")
    @classmethod
    def _names_alone_are_enough(cls, terms: Any) -> Any:
        """`"at"`, `["at", "hint"]` and `{"at": 1000}` mean terms with these names, and weights."""
        if isinstance(terms, str):
            terms = [terms] if terms else []
        if isinstance(terms, dict) and "loss" not in terms:
            return [{"loss": name, "weight": weight} for name, weight in terms.items()]
        if isinstance(terms, dict):
            return [terms]
        if isinstance(terms, list | tuple):
            return [{"loss": term} if isinstance(term, str) else term for term in terms]
        return terms

    @field_validator("phases", mode="before")
    @classmethod
    def _shares_alone_are_enough(cls, phases: Any) -> Any:
        """`[0.2, 0.6, 0.2]` means the three default phases with these lengths."""
        if isinstance(phases, list | tuple) and phases and all(isinstance(p, int | float) for p in phases):
            if len(phases) != len(DEFAULT_PHASES):
                raise ValueError(f"got {len(phases)} lengths, but there are three phases: {', '.join(PHASE_NAMES)}")
            return [{**phase.model_dump(), "share": share} for phase, share in zip(DEFAULT_PHASES, phases, strict=True)]
        return phases

    @field_validator("phases")
    @classmethod
    def _shares_fill_the_training(cls, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        if not phases:
            raise ValueError("got none, but a training takes at least one; leave the setting out for the usual three")
        total = math.fsum(phase.share for phase in phases)
        if abs(total - 1) > 1e-6:
            shares = " + ".join(f"{phase.share:g}" for phase in phases)
            raise ValueError(f"the shares {shares} sum to {total:g}; they are shares of the training and must sum to 1")
        names = [phase.name for phase in phases]
        if len(set(names)) != len(names):
            raise ValueError(f"each phase needs a name of its own; got {', '.join(names)}")
        return phases

    @model_validator(mode="after")
    def _terms_and_phases_know_each_other(self) -> Self:
        names = [term.loss for term in self.terms]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"terms: {sorted(twice)[0]!r} is there twice; give one term more layers instead")
        for term in self.terms:
            for phase_name in term.phases:
                if phase_name not in {phase.name for phase in self.phases}:
                    known = ", ".join(phase.name for phase in self.phases)
                    raise ValueError(f"term {term.loss!r} is on in phase {phase_name!r}, but the phases are {known}")
        for phase in self.phases:
            unknown = set(phase.terms or {}) - {"kd", "ce", *names}
            if unknown:
                raise ValueError(
                    f"phase {phase.name!r} weighs {sorted(unknown)[0]!r}, which is not among the run's terms "
                    f"({', '.join(('kd', 'ce', *names))}); add it to terms"
                )
        return self

    @model_validator(mode="after")
    def _no_teacher_no_teacher_terms(self) -> Self:
        if self.teacher is None:
            for phase in self.phases:
                if phase.terms and set(phase.terms) - {"ce"}:
                    learnt = sorted(set(phase.terms) - {"ce"})[0]
                    raise ValueError(f"phase {phase.name!r} uses the teacher's term {learnt!r}, but teacher is null")
            taught = [term.loss for term in self.terms if term.loss != "ce"]
            if taught:
                raise ValueError(f"terms: {taught[0]!r} learns from a teacher, but teacher is null")
            if self.begin_from == TEACHER:
                raise ValueError(
                    "begin_from: got 'teacher', but teacher is null, so there are no layers to begin with; choose a "
                    "teacher, name the model itself, or set it to null"
                )
            if self.training.on_policy:
                raise ValueError(
                    f"training.on_policy: got {self.training.on_policy:g}, but teacher is null and nobody judges what "
                    "the student writes; choose a teacher, or set it to 0"
                )
        return self

    @model_validator(mode="after")
    def _teacher_means_the_runs_own(self) -> Self:
        if self.begin_from == TEACHER == self.teacher:
            raise ValueError(
                "begin_from: got 'teacher', which means the run's own teacher, but that is itself called 'teacher'; "
                "name its folder as the teacher, such as ./teacher"
            )
        return self

    @classmethod
    def parse(cls, data: Any) -> DistillConfig:
        """Builds a configuration from plain data, whose settings stand in their parts or by leaf name at the top.

        Example:
            >>> DistillConfig.parse({"temperature": 2, "training": {"epochs": 4}}).objective.temperature
            2.0

        Raises:
            ConfigError: with one sentence for each setting that is wrong: its name, what it got, what it takes.
        """
        if not isinstance(data, dict):
            raise ConfigError(f"a configuration is a JSON object of settings; got {data!r}")
        data = leaves_in_their_parts(data, settings_by_name())
        if data.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            raise ConfigError(
                f"schema_version: got {data['schema_version']!r}, but this version reads {SCHEMA_VERSION}; "
                "write the file anew with the current version, or use the version that wrote it"
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ConfigError("\n".join(sentence(problem, cls) for problem in error.errors())) from None

    def changed(self, settings: dict[str, Any]) -> DistillConfig:
        """A copy with some settings replaced, named by leaf (``temperature``) or by path (``objective.temperature``).

        Raises:
            ConfigError: for a setting that does not exist or a value it does not take.
        """
        data = self.model_dump(mode="json")
        for name, value in settings.items():
            *parents, leaf = leaf_path(name, settings_by_name())
            inner = data
            for parent in parents:
                inner = inner[parent]
            inner[leaf] = value
        return DistillConfig.parse(data)

    def to_json(self) -> str:
        """This configuration as indented JSON; `parse(json.loads(...))` gives it back."""
        return json.dumps(self.model_dump(mode="json"), indent=2)

    def fingerprint(self) -> str:
        """A hash of every setting that affects the numbers: not the label for people, nor wishes to see more of them.

        Settings at their defaults are left out, so that a new setting changes no hash.
        """
        beside: dict[str, Any] = {"name": True, "baseline": True, "training": WISHES}
        if self.begin_from is None:
            beside["begin_layers"] = True
        data = self.model_dump(mode="json", exclude=beside, exclude_defaults=True)
        data = {name: value for name, value in data.items() if value != {}}  # a part that has only wishes to see more
        data["schema_version"] = self.schema_version
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def begins_from(self) -> str | None:
        """The reference of the model whose layers the student begins with; None for random weights."""
        return self.teacher if self.begin_from == TEACHER else self.begin_from

    def baseline_config(self) -> DistillConfig:
        """The same student on labels only: same initial weights, steps, batch size, learning rates and augmentation.

        What only a teacher could decide (temperature, alpha, the pool of easy images, texts by the student) is left
        out, so runs that differ in nothing else share one baseline. A student that begins with the teacher's layers
        has a baseline that begins with the same.
        """
        phases = [
            Phase(
                name=phase.name,
                share=phase.share,
                lr_scale=phase.lr_scale,
                pool="classes" if phase.pool == "classes" else "all",
                classes=phase.classes if phase.pool == "classes" else (),
            )
            for phase in self.phases
        ]
        augmentation = self.augmentation.model_copy(update={"draws": Augmentation().draws})
        usual = {name: getattr(Training(), name) for name in ("on_policy", *WISHES)}  # one term alone has no shares
        return self.model_copy(
            update={
                "name": "",
                "teacher": None,
                "begin_from": self.begins_from,
                "baseline": False,
                "objective": Objective(),
                "terms": (),
                "phases": tuple(phases),
                "training": self.training.model_copy(update=usual),
                "augmentation": augmentation,
            }
        )


def settings_by_name() -> dict[str, tuple[str, ...]]:
    """Every setting's leaf name and its path inside `DistillConfig`."""
    return paths_of(DistillConfig)
