"""Where no student that was measured comes near enough: larger ones, measured by one button."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.words import about, count
from distill_core.studies.advice import epochs_of
from distill_core.studies.evidence import Evidence
from distill_core.studies.offers import larger_than
from pages.components.catalogue import students
from pages.components.compare.sizes import start_sizes


def measure_larger(nearest: Evidence) -> None:
    """A button that trains the next larger students as the nearest was, beside what that takes."""
    student = nearest.config.student
    larger = larger_than(student, [(choice.name, choice.parameters) for choice in students(nearest.config.task)])
    if not larger:
        return
    names = " and ".join(f"{name} ({count(parameters)} parameters)" for name, parameters in larger)
    took = f", which took {about(2 * nearest.seconds)} of training with its baseline" if nearest.seconds else ""
    with st.container(gap=None):
        if st.button("Measure larger students", icon=":material/play_arrow:", key="advice_larger"):
            start_sizes(nearest.config, [student, *(name for name, _ in larger)], 1)
        st.caption(f"{names} beside {student}{took}: one seed of each, {epochs_of(nearest)}. They wait in the queue.")
