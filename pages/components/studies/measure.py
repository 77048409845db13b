"""By what a study's variants are compared: accuracy, or one skill of a language model."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.insight.measures import ACCURACY, MEASURES, Measure
from distill_core.studies.outcome import RunRow, measures_of


def chosen_measure(rows: Sequence[RunRow]) -> Measure:
    """What the user chose; accuracy where there is no choice."""
    found = {measure.name: measure for measure in measures_of(rows)}
    if len(found) < 2:
        return MEASURES[ACCURACY]
    name: str = st.segmented_control(
        "Compared by",
        list(found),
        default=ACCURACY,
        required=True,
        format_func=lambda each: found[each].title,
        key="study_measure",
        help="Accuracy is the mean of the skills. Validation chooses by it, whatever is shown.",
    )
    return found[name]
