"""Settings that do not fit the data: asked by the form before a run, and by the run itself."""

from __future__ import annotations

from collections.abc import Iterable

from distill_core.config import Phase
from distill_core.errors import ConfigError


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
