"""The one description of a run.

A `DistillConfig` is frozen and validated, goes to JSON and back, and says everything that affects a run's
numbers. A page, a file and a terminal command all build the same object; the engine never changes it.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from distill_core.errors import ConfigError

SCHEMA_VERSION = 1


class Part(BaseModel):
    """A frozen piece of configuration that refuses settings it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Objective(Part):
    """`alpha * T^2 * KL(teacher_T || student_T) + (1 - alpha) * CE` (Hinton et al. 2015, section 2.1)."""

    temperature: float = Field(4.0, gt=0, le=100, description="softens both answers; 1 leaves them as they are")
    alpha: float = Field(0.9, ge=0, le=1, description="weight of the TEACHER's term; labels get 1 - alpha")


class Phase(Part):
    """A stretch of the training with a pool of images, a loss and a learning-rate scale of its own."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="what the phase is called")
    share: float = Field(ge=0, le=1, description="share of the training's steps; 0 leaves the phase out")
    pool: Literal["all", "easiest", "labelled", "classes"] = Field("all", description="which images it draws from")
    easiest: float = Field(0.5, gt=0, le=1, description="with pool 'easiest': the share of images kept")
    classes: tuple[int, ...] = Field((), description="with pool 'classes': the class numbers to train on")
    terms: dict[str, float] | None = Field(None, description="loss terms and weights; null takes alpha's")
    lr_scale: float = Field(1.0, gt=0, le=10, description="multiplies the learning rate during this phase")

    @model_validator(mode="after")
    def _classes_go_with_their_pool(self) -> Self:
        if self.pool == "classes" and not self.classes:
            raise ValueError(f"phase {self.name!r} trains on chosen classes, but none is chosen; name at least one")
        return self

    @field_validator("terms")
    @classmethod
    def _terms_are_known(cls, terms: dict[str, float] | None) -> dict[str, float] | None:
        unknown = set(terms or {}) - {"kd", "ce"}
        if unknown:
            raise ValueError(f"the loss terms {sorted(unknown)} are not known; known are 'kd' and 'ce'")
        if terms is not None and (min(terms.values(), default=0) < 0 or not any(terms.values())):
            raise ValueError(f"got {terms}; weights are 0 or more, and at least one is above 0")
        return terms


PHASE_NAMES = ("warm-up", "distil", "fine-tune")
DEFAULT_PHASES = (
    Phase(name="warm-up", share=0.2, pool="easiest"),
    Phase(name="distil", share=0.6),
    Phase(name="fine-tune", share=0.2, lr_scale=0.5),
)


class Training(Part):
    """How long and in what portions."""

    epochs: int = Field(8, ge=1, le=10_000, description="an epoch is as many steps as the transfer set has batches")
    batch_size: int = Field(64, ge=2, le=65_536, description="images a step")


class Optimiser(Part):
    """How a gradient becomes a step."""

    optimiser: Literal["sgd", "adamw"] = Field("sgd", description="SGD with Nesterov momentum, or AdamW")
    learning_rate: float = Field(0.1, gt=0, le=100, description="the peak of the schedule")
    momentum: float = Field(0.9, ge=0, lt=1, description="SGD only")
    weight_decay: float = Field(5e-4, ge=0, le=1, description="not applied to norms and biases")
    lr_schedule: Literal["cosine", "constant"] = Field("cosine", description="shape over the whole training")
    lr_warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps that climb to the peak")
    clip_norm: float | None = Field(None, gt=0, description="largest gradient norm; null never clips")


class Augmentation(Part):
    """Random crop and flip: a pure function of (augmentation_seed, image, draw), so a teacher's answers can be kept."""

    crop_padding: int = Field(2, ge=0, le=16, description="pixels of padding a random crop moves within")
    flip: bool = Field(True, description="mirror half of the images")
    draws: int = Field(
        4, ge=0, le=1000, description="augmented versions of an image whose answers are kept; 0: none are"
    )
    augmentation_seed: int = Field(0, ge=0, lt=2**31, description="apart from the run's seed, so runs share a cache")


class Hardware(Part):
    """Where the run computes; the results say what was used."""

    accelerator: str = Field("cpu", description="lightning-fabric's name: cpu, cuda, mps or auto")
    precision: str = Field("32-true", description="lightning-fabric's name: 32-true, bf16-mixed, 16-mixed ...")
    threads: int | None = Field(None, ge=1, le=1024, description="CPU threads; null takes torch's choice")


class DistillConfig(Part):
    """Everything that decides what a run does.

    Example:
        >>> DistillConfig(student="resnet8-w8", label_budget=400).objective.temperature
        4.0
    """

    schema_version: Literal[1] = 1
    name: str = Field("", max_length=80, description="a label for people; changes no number")
    task: str = Field("vision", description="what kind of problem")
    teacher: str | None = Field("vgg8-fashion", description="a teacher's name, its folder, or null for labels only")
    student: str = Field("resnet8-w8", description="the architecture that learns")
    dataset: str = Field("fashion-mnist-mini", description="the transfer set")
    data_folder: str | None = Field(None, description="where the data set's files are, if not the usual place")
    image_size: int = Field(32, ge=8, le=512, description="for an image folder: images become this many pixels square")
    label_budget: int | None = Field(None, ge=1, description="labels the student may see; null for all")
    seed: int = Field(0, ge=0, lt=2**31, description="decides initial weights, batch order and which labels are seen")
    baseline: bool = Field(True, description="also train the same student on labels only, to compare")
    objective: Objective = Objective()
    phases: tuple[Phase, ...] = DEFAULT_PHASES
    training: Training = Training()
    optimiser: Optimiser = Optimiser()
    augmentation: Augmentation = Augmentation()
    hardware: Hardware = Hardware()

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
        total = math.fsum(phase.share for phase in phases)
        if abs(total - 1) > 1e-6:
            shares = " + ".join(f"{phase.share:g}" for phase in phases) or "nothing"
            raise ValueError(f"the shares {shares} sum to {total:g}; they are shares of the training and must sum to 1")
        names = [phase.name for phase in phases]
        if len(set(names)) != len(names):
            raise ValueError(f"each phase needs a name of its own; got {', '.join(names)}")
        return phases

    @model_validator(mode="after")
    def _no_teacher_no_teacher_terms(self) -> Self:
        if self.teacher is None:
            for phase in self.phases:
                if phase.terms and "kd" in phase.terms:
                    raise ValueError(f"phase {phase.name!r} uses the teacher's term 'kd', but teacher is null")
        return self

    @classmethod
    def parse(cls, data: Any) -> DistillConfig:
        """Builds a configuration from plain data.

        Raises:
            ConfigError: with one sentence for each setting that is wrong: its name, what it got, what it takes.
        """
        if not isinstance(data, dict):
            raise ConfigError(f"a configuration is a JSON object of settings; got {data!r}")
        if data.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            raise ConfigError(
                f"schema_version: got {data['schema_version']!r}, but this version reads {SCHEMA_VERSION}; "
                "write the file anew with the current version, or use the version that wrote it"
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ConfigError("\n".join(_sentence(problem) for problem in error.errors())) from None

    def changed(self, settings: dict[str, Any]) -> DistillConfig:
        """A copy with some settings replaced, named by leaf (``temperature``) or by path (``objective.temperature``).

        Raises:
            ConfigError: for a setting that does not exist or a value it does not take.
        """
        data = self.model_dump(mode="json")
        for name, value in settings.items():
            *parents, leaf = leaf_path(name)
            inner = data
            for parent in parents:
                inner = inner[parent]
            inner[leaf] = value
        return DistillConfig.parse(data)

    def to_json(self) -> str:
        """This configuration as indented JSON; `parse(json.loads(...))` gives it back."""
        return json.dumps(self.model_dump(mode="json"), indent=2)

    def fingerprint(self) -> str:
        """A hash of every setting that affects the numbers: not the label for people, nor the wish for a baseline."""
        data = self.model_dump(mode="json", exclude={"name", "baseline", "schema_version"})
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

    def baseline_config(self) -> DistillConfig:
        """The same student on labels only: same initial weights, steps, batch size, learning rates and augmentation.

        What only a teacher could decide (temperature, alpha, the pool of easy images) is left out, so runs that
        differ in nothing else share one baseline.
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
        return self.model_copy(
            update={
                "name": "",
                "teacher": None,
                "baseline": False,
                "objective": Objective(),
                "phases": tuple(phases),
                "augmentation": augmentation,
            }
        )


_PARTS: dict[str, type[Part]] = {
    "objective": Objective,
    "training": Training,
    "optimiser": Optimiser,
    "augmentation": Augmentation,
    "hardware": Hardware,
}


def settings_by_name() -> dict[str, tuple[str, ...]]:
    """Every setting's leaf name and its path inside `DistillConfig`."""
    paths: dict[str, tuple[str, ...]] = {
        name: (name,) for name in DistillConfig.model_fields if name not in _PARTS and name != "schema_version"
    }
    for part, kind in _PARTS.items():
        paths |= {leaf: (part, leaf) for leaf in kind.model_fields}
    return paths


def leaf_path(name: str) -> tuple[str, ...]:
    """Where a setting lives: ``temperature`` -> ``("objective", "temperature")``.

    Raises:
        ConfigError: if there is no such setting.
    """
    from distill_core.errors import unknown_name

    paths = settings_by_name()
    path = paths.get(name.split(".")[-1].replace("-", "_"))
    if path is None or ("." in name and ".".join(path) != name):
        raise unknown_name("setting", name, paths)
    return path


def read_setting(text: str) -> tuple[str, Any]:
    """``"alpha=0.5"`` -> ``("alpha", 0.5)``; values are JSON where they can be, ``0.2,0.6,0.2`` a list, else text.

    Raises:
        ConfigError: if there is no ``=``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--set takes NAME=VALUE, such as temperature=4; got {text!r}")
    return name.strip(), _read_value(value.strip())


def _read_value(value: str) -> Any:
    for candidate in (value, f"[{value}]" if "," in value else value):
        try:
            return json.loads(candidate)
        except json.JSONDecodeError:
            continue
    return None if value.lower() in ("none", "all") else value


def _sentence(problem: Any) -> str:
    """One of pydantic's problems in the words of this project."""
    where = [str(part) for part in problem["loc"]]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"{'.'.join(where)}: there is no such setting; see `python -m distill_core list settings`"
    if problem["type"] == "value_error" or not where:
        return f"{'.'.join(where)}: {message}" if where else message
    message = message.replace("Input should be", "it must be")
    hint = _description(where)
    return f"{'.'.join(where)}: got {problem.get('input')!r}; {message}{f' ({hint})' if hint else ''}"


def _description(where: list[str]) -> str | None:
    leaf = where[-1]
    parts: tuple[type[Part], ...] = (DistillConfig, Phase, *_PARTS.values())
    for part in parts:
        if leaf in part.model_fields:
            return part.model_fields[leaf].description
    return None
