"""The one description of a run.

A `DistillConfig` is frozen and validated, goes to JSON and back, and says everything that affects a run's
numbers. A page, a file and a terminal command all build the same object; the engine never changes it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from distill_core.errors import ConfigError

SCHEMA_VERSION = 1
TEACHER = "teacher"
"""What `begin_from` calls the run's own teacher."""


_NUMBERS = (int, float, int | None, float | None)


class Part(BaseModel):
    """A frozen piece of configuration that refuses settings it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation in _NUMBERS:
            raise ValueError(f"got {str(value).lower()}; it must be a number")
        return value


Pool = Literal["all", "easiest", "curriculum", "labelled", "classes"]
Ease = Literal["teacher-confidence", "teacher-loss", "student-loss"]


def _level(name: str, takes: str, fits: Callable[[float], bool]) -> BeforeValidator:
    """Reads a constant, or a ramp of two."""

    def read(value: Any) -> Any:
        numbers = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
        if all(isinstance(n, int | float) and not isinstance(n, bool) and fits(n) for n in numbers):
            return value
        raise ValueError(f"got {value!r}; {name} is {takes}, or a ramp [first, last] of two such numbers")

    return BeforeValidator(read)


def _layer_choice(value: Any) -> Any:
    pairs = list(value) if isinstance(value, list | tuple) else []
    if value in LAYER_MODES or (pairs and all(_is_pair(pair) for pair in pairs)):
        return value
    raise ValueError(
        f"got {value!r}; a layer map is {', '.join(map(repr, LAYER_MODES))}, or a list of pairs such as "
        '[["stage2", "stage3.block1"]], student first'
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(name, str) for name in value)


def _block_choice(value: Any) -> Any:
    numbers = [value] if isinstance(value, int) and not isinstance(value, bool) else value
    if numbers in BLOCK_CHOICES:
        return numbers
    if isinstance(numbers, list | tuple) and numbers and all(type(n) is int and n >= 1 for n in numbers):
        return tuple(numbers)
    raise ValueError(
        f"got {value!r}; it is {', '.join(map(repr, BLOCK_CHOICES))}, or a list of the model's blocks, one for each of "
        "the student's, counted from 1, such as [1, 4]"
    )


BLOCK_CHOICES = ("influence", "uniform", "first-last")
BlockChoice = Annotated[Literal["influence", "uniform", "first-last"] | tuple[int, ...], BeforeValidator(_block_choice)]
LAYER_MODES = ("auto", "direct", "progressive", "depth")
LayerChoice = Annotated[
    Literal["auto", "direct", "progressive", "depth"] | tuple[tuple[str, str], ...], BeforeValidator(_layer_choice)
]
Level = float | tuple[float, float]
Temperature = Annotated[Level, _level("temperature", "above 0 and at most 100", lambda t: 0 < t <= 100)]
Alpha = Annotated[Level, _level("alpha", "from 0 to 1", lambda a: 0 <= a <= 1)]
Weight = Annotated[Level, _level("a weight", "0 or more", lambda w: 0 <= w < math.inf)]


class Objective(Part):
    """`alpha * T^2 * KL(teacher_T || student_T) + (1 - alpha) * CE` (Hinton et al. 2015, section 2.1)."""

    temperature: float = Field(4.0, gt=0, le=100, description="softens both answers; 1 leaves them as they are")
    alpha: float = Field(0.9, ge=0, le=1, description="weight of the TEACHER's term; labels get 1 - alpha")
    top_k: int | None = Field(
        None,
        ge=1,
        description="how many of the teacher's likeliest tokens are kept of each answer, and the sum of the rest; "
        "null keeps all",
    )


class Term(Part):
    """A loss beside alpha's two, with its weight, its phases and, where it needs them, its layers.

    A term named `kd` or `ce` takes the place of alpha's weight for it.
    """

    loss: str = Field(description="a loss's name; see `list losses`")
    weight: float | None = Field(None, ge=0, description="what it is multiplied by; null takes the published weight")
    phases: tuple[str, ...] = Field((), description="names of the phases it is on in; empty for all")
    warmup: float = Field(0.0, ge=0, le=1, description="share of the training over which the weight climbs from 0")
    layers: LayerChoice = Field("auto", description="how layers are paired, or the pairs [student, teacher] themselves")
    options: dict[str, bool | float | str] = Field({}, description="the loss's own settings")


class Phase(Part):
    """A stretch of the training with a pool of images, a loss and a learning-rate scale of its own.

    A ramp `[first, last]` goes in a straight line from the phase's first step to its last.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="what the phase is called")
    share: float = Field(ge=0, le=1, description="share of the training's steps; 0 leaves the phase out")
    pool: Pool = Field("all", description="which images it draws from")
    easiest: float = Field(0.5, gt=0, le=1, description="the share of images kept; of a curriculum, at its start")
    ease: Ease = Field("teacher-confidence", description="what makes an image easy")
    classes: tuple[int, ...] = Field((), description="with pool 'classes': the class numbers to train on")
    terms: dict[str, Weight] | None = Field(None, description="loss terms and weights; null takes the run's")
    temperature: Temperature | None = Field(None, description="temperature here, or a ramp; null takes the run's")
    alpha: Alpha | None = Field(None, description="alpha here, or a ramp; null takes the run's")
    lr_scale: float = Field(1.0, gt=0, le=10, description="multiplies the learning rate during this phase")

    @model_validator(mode="after")
    def _classes_go_with_their_pool(self) -> Self:
        if self.pool == "classes" and not self.classes:
            raise ValueError(f"phase {self.name!r} trains on chosen classes, but none is chosen; name at least one")
        return self

    @field_validator("terms")
    @classmethod
    def _something_is_learnt(cls, terms: dict[str, Level] | None) -> dict[str, Level] | None:
        heights = [max(weight) if isinstance(weight, tuple) else weight for weight in (terms or {}).values()]
        if terms is not None and not any(heights):
            raise ValueError(f"got {terms}; at least one weight must be above 0")
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
    micro_batch: int | None = Field(
        None,
        ge=1,
        description="inputs that go through the models at a time; the gradient is that of the whole batch; null: all "
        "at once",
    )
    gradient_shares: bool = Field(False, description="also log how much of the gradient each term makes; a bit slower")
    on_policy: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of the steps in which the student writes the texts that the teacher then judges; texts only",
    )

    def pieces(self, inputs: int) -> int:
        """In how many pieces a batch of so many inputs goes through the models."""
        return 1 if self.micro_batch is None else -(-inputs // self.micro_batch)


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
    """Random changes of the images.

    Crop, flip and RandAugment are a pure function of (augmentation_seed, image, draw), so a teacher's answers can be
    kept. Mixup and cutmix make images that no draw repeats: a teacher answers them live. With both, a coin decides.
    """

    crop_padding: int = Field(2, ge=0, le=16, description="pixels of padding a random crop moves within")
    flip: bool = Field(True, description="mirror half of the images")
    draws: int = Field(
        4, ge=0, le=1000, description="augmented versions of an image whose answers are kept; 0: none are"
    )
    augmentation_seed: int = Field(0, ge=0, lt=2**31, description="apart from the run's seed, so runs share a cache")
    randaugment: bool = Field(False, description="two random changes more an image: rotation, contrast, colour ...")
    randaugment_magnitude: int = Field(9, ge=0, le=30, description="how strong RandAugment's changes are")
    mixup: float = Field(0.0, ge=0, le=32, description="alpha of mixup: blends pairs of images; 0 for none")
    cutmix: float = Field(0.0, ge=0, le=32, description="alpha of cutmix: pastes a box of another image; 0 for none")

    @property
    def changes(self) -> bool:
        """Whether an image is changed at all."""
        return self.crop_padding > 0 or self.flip or self.randaugment or self.mixes

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are mixed with each other."""
        return self.mixup > 0 or self.cutmix > 0


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
    phases: tuple[Phase, ...] = DEFAULT_PHASES
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
        data = _leaves_in_their_parts(data)
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
        """A hash of every setting that affects the numbers: not the label for people, nor wishes to see more of them.

        Settings at their defaults are left out, so that a new setting changes no hash.
        """
        beside: dict[str, Any] = {"name": True, "baseline": True, "training": {"gradient_shares"}}
        if self.begin_from is None:
            beside["begin_layers"] = True
        data = self.model_dump(mode="json", exclude=beside, exclude_defaults=True)
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
        return self.model_copy(
            update={
                "name": "",
                "teacher": None,
                "begin_from": self.begins_from,
                "baseline": False,
                "objective": Objective(),
                "terms": (),
                "phases": tuple(phases),
                "training": self.training.model_copy(update={"on_policy": Training().on_policy}),
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
    if value.startswith(("[", "{")):
        raise ConfigError(f"--set: {value!r} is not whole: it begins as JSON, but a quote or a bracket is missing")
    return None if value.lower() in ("none", "all") else value


def _leaves_in_their_parts(data: dict[str, Any]) -> dict[str, Any]:
    """``{"temperature": 2}`` -> ``{"objective": {"temperature": 2}}``; names that are no leaf stay where they are.

    Raises:
        ConfigError: if a setting is given twice, with different values.
    """
    paths = {name: path for name, path in settings_by_name().items() if len(path) == 2}
    paths |= {".".join(path): path for path in paths.values()}
    leaves = {
        name: value
        for name, value in data.items()
        if name in paths and not (name in _PARTS and isinstance(value, dict))
    }
    placed = {name: value for name, value in data.items() if name not in leaves}
    for name, value in leaves.items():
        part, leaf = paths[name]
        inside = placed.get(part, {})
        if not isinstance(inside, dict):
            continue
        if inside.get(leaf, value) != value:
            raise ConfigError(
                f"{part}.{leaf}: given twice, as {name} = {value!r} and as {part}.{leaf} = {inside[leaf]!r}; leave one "
                "of them out"
            )
        placed[part] = {**inside, leaf: value}
    return placed


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "dict": "an object of settings",
    "model": "an object of settings",
}


def _sentence(problem: Any) -> str:
    """One of pydantic's problems in the words of this project."""
    where = [str(part) for part in problem["loc"]]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = tuple(_inside(where).model_fields) if _inside(where) is not DistillConfig else settings_by_name()
        close = [name for name in difflib.get_close_matches(where[-1], known, n=1) if name != where[-1]]
        guess = f"; did you mean {close[0]!r}?" if close else "; see `python -m distill_core list settings`"
        if _inside(where) in (Phase, Term):
            guess = f"; {'a phase' if _inside(where) is Phase else 'a term'} takes {', '.join(known)}"
        return f"{'.'.join(where)}: there is no such setting{guess}"
    if problem["type"] == "missing":
        return f"{'.'.join(where)}: is missing; give it ({_description(where) or 'it has no default'})"
    if problem["type"] == "value_error" or not where:
        return f"{'.'.join(where)}: {message}" if where else message
    kind = _KINDS.get(problem["type"].partition("_")[0])
    message = f"it must be {kind}" if kind else message.replace("Input should be", "it must be")
    if where == ["phases"]:
        message = "it must be three lengths that sum to 1, such as 0.2,0.6,0.2, or a list of phases"
    hint = _description(where)
    return f"{'.'.join(where)}: got {problem.get('input')!r}; {message}{f' ({hint})' if hint else ''}"


def _inside(where: list[str]) -> type[Part]:
    """The part that a setting stands in: ``["phases", "0", "pool"]`` -> `Phase`."""
    if len(where) > 2 and where[0] in ("phases", "terms"):
        return Phase if where[0] == "phases" else Term
    return _PARTS.get(where[0], DistillConfig) if len(where) > 1 else DistillConfig


def _description(where: list[str]) -> str | None:
    leaf = where[-1]
    parts: tuple[type[Part], ...] = (_inside(where), DistillConfig, *_PARTS.values(), Phase, Term)
    for part in parts:
        if leaf in part.model_fields:
            return part.model_fields[leaf].description
    return None
