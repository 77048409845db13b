"""Whether a teacher has anything to teach on a run's data."""

from __future__ import annotations

import math

from torch import Tensor

from distill_core.task import Score


def of_little_use(score: Score, labels: Tensor, classes: int) -> str:
    """A warning about a teacher that knows no more than nothing; "" for one that does.

    Of images that is one that is right no more often than the commonest label is; of texts one to which the right
    tokens are less likely than if all were alike.

    Args:
        score: of the teacher on validation.
        labels: of validation, `[N]`, or of texts `[N, L]`.
        classes: C.
    """
    if labels.ndim == 1:
        guessing = int(labels.bincount().max()) / len(labels)
        if score.accuracy > guessing:
            return ""
        return (
            f"The teacher is right on {score.accuracy:.1%} of validation, no more than always giving the commonest "
            f"label would be ({guessing:.1%}): the student learns its mistakes. Choose another teacher, or see that "
            "its classes and its normalisation are those of these images."
        )
    if score.loss <= math.log(classes):
        return ""
    return (
        f"To the teacher the right token is less likely than chance: {score.loss:.1f} nats on validation, where equal "
        f"probabilities for all {classes:,} tokens give {math.log(classes):.1f}. It was not made for such texts, and "
        "the student learns its mistakes: choose another teacher."
    )
