"""What the score of uploaded weights says of the classes and the normalisation they were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.insight.outcome import difference_interval
from distill_core.insight.words import percent

GROUPED = 0.15
"""How much more would be right under other names of the classes before their order is doubted."""


def doubts_of(answer: Mapping[str, Any]) -> str:
    """What is probably wrong with uploaded weights; "" if nothing is.

    Args:
        answer: of `edge.jobs.admit_weights`.
    """
    accuracy, guessing, likeliest = answer["accuracy"], answer["guessing"], answer["likeliest"]
    if likeliest is not None and likeliest - accuracy > GROUPED and likeliest > 0.5:
        return (
            f"With its outputs named otherwise it would be right on {percent(likeliest)}: it tells the images apart, "
            "but its classes are in another order than the data set's. Save its last layer in the data set's order."
        )
    if guessing is not None and difference_interval(accuracy, guessing, answer["inputs"])[0] <= 0:
        return (
            f"That is no better than always giving the commonest answer ({percent(guessing)}). Check the data set and "
            "the normalisation: it must be the one the model was trained with."
        )
    return ""
