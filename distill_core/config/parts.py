"""The parts of a configuration: what each setting takes, and what it means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

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


NamedBlocks = Literal["influence", "uniform", "first-last"]
BLOCK_CHOICES: tuple[NamedBlocks, ...] = get_args(NamedBlocks)
BlockChoice = Annotated[NamedBlocks | tuple[int, ...], BeforeValidator(_block_choice)]
LayerMode = Literal["auto", "direct", "progressive", "depth"]
LAYER_MODES: tuple[LayerMode, ...] = get_args(LayerMode)
LayerChoice = Annotated[LayerMode | tuple[tuple[str, str], ...], BeforeValidator(_layer_choice)]
Level = float | tuple[float, float]
Temperature = Annotated[Level, _level("temperature", "above 0 and at most 100", lambda t: 0 < t <= 100)]
Alpha = Annotated[Level, _level("alpha", "from 0 to 1", lambda a: 0 <= a <= 1)]
Weight = Annotated[Level, _level("a weight", "0 or more", lambda w: 0 <= w < math.inf)]


class Objective(Part):
    """`alpha * T^2 * KL(teacher_T || student_T) + (1 - alpha) * CE` (Hinton et al. 2015, section 2.1)."""

    temperature: float = Field(
        4.0, gt=0, le=100, description="softens the teacher's and the student's answers; 1 leaves them as they are"
    )
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

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]*$", description="what the phase is called: small letters, digits and dashes"
    )
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
    batch_size: int = Field(64, ge=2, le=65_536, description="inputs a step: images, or texts")
    micro_batch: int | None = Field(
        None,
        ge=1,
        description="inputs that go through the models at a time; the gradient is that of the whole batch; null: all "
        "at once",
    )
    gradient_shares: bool = Field(False, description="also log how much of the gradient each term makes")
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
    clip_norm: float | None = Field(None, gt=0, description="the largest norm a gradient may have; null never clips")


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


PARTS: dict[str, type[Part]] = {
    "objective": Objective,
    "training": Training,
    "optimiser": Optimiser,
    "augmentation": Augmentation,
    "hardware": Hardware,
}
"""Those of a `DistillConfig` that hold settings by name, each once."""
