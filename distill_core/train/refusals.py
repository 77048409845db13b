"""Settings that do not fit the data: asked by the form before a run, and by the run itself."""

from __future__ import annotations

from collections.abc import Iterable

from distill_core.config import DistillConfig, Phase
from distill_core.errors import ConfigError
from distill_core.losses.registry import loss_named
from distill_core.train.moment import levels_of


def check_budget(budget: int | None, classes: int, images: int, noun: str = "images") -> None:
    """Refuses a label budget that this data cannot give.

    Args:
        budget: how many labels; None for all.
        classes: of the data.
        images: of the transfer set.
        noun: what they are called.

    Raises:
        ConfigError: if it is smaller than the number of classes or larger than that of the images.
    """
    if budget is None or classes <= budget <= images:
        return
    if budget > images:
        raise ConfigError(
            f"label_budget: {budget:,} is more than the {images:,} {noun} there are to train on; "
            f"allow {images:,} or fewer, or all"
        )
    raise ConfigError(f"label_budget: {budget:,} is fewer than the {classes} classes; give each at least one")


def check_classes(phases: Iterable[Phase], classes: int, dataset: str) -> None:
    """Refuses phases that train on classes the data does not have.

    Raises:
        ConfigError: naming the phase and the class.
    """
    for phase in phases:
        for number in phase.classes:
            if not 0 <= number < classes:
                raise ConfigError(
                    f"phases: {phase.name} is to train on class {number}, but {dataset} has classes 0 to {classes - 1}"
                )


def check_top_k(config: DistillConfig, classes: int) -> None:
    """Refuses `top_k` where whole answers are needed, or there is nothing to keep.

    Args:
        config: of the run.
        classes: C, of the data.

    Raises:
        ConfigError: saying what needs more than the k likeliest classes of an answer, and what to do.
    """
    k, temperature = config.objective.top_k, config.objective.temperature
    if k is None or config.teacher is None:
        return
    if k > classes:
        raise ConfigError(f"top_k: got {k:,}, but there are {classes:,} to keep of; take fewer, or none to keep all")
    if config.augmentation.draws == 0 or config.augmentation.mixes:
        why = "mixup and cutmix make" if config.augmentation.mixes else "draws=0 makes"
        raise ConfigError(
            f"top_k: {why} the teacher answer every batch anew, so no answers are kept; set draws to 1 or more and "
            "mixup and cutmix to 0, or top_k to none"
        )
    for phase in config.phases:
        if phase.share == 0:
            continue
        if phase.temperature not in (None, temperature, (temperature, temperature)):
            own = list(phase.temperature) if isinstance(phase.temperature, tuple) else phase.temperature
            raise ConfigError(
                f"top_k: answers are kept at temperature {temperature:g}, but phase {phase.name!r} has {own}; another "
                "temperature cannot be had from what is kept. Leave the phase's own out, or set top_k to none"
            )
        for name in levels_of(config, phase):
            info = loss_named(name)
            if info.reads_answers and not info.from_likeliest:
                raise ConfigError(
                    f"top_k: {info.title} ({name!r}) reads the teacher's whole answers, and only the {k:,} likeliest "
                    f"of {classes:,} are kept of each; take 'kd' or 'hard' in its place, or set top_k to none"
                )
