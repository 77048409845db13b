"""How the chosen runs learned: their curves over each other, class by class, and by all numbers they differ in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from distill_core.figures import Figure
from distill_core.figures.overlay import MOST_RUNS, overlaid, parallel
from distill_core.insight.words import percent
from distill_core.runs.records import RunRecord
from pages.components.compare.settings import axes
from pages.components.comparison import label
from pages.components.live_chart import live_chart, payload
from pages.components.live_run import student_track

HEIGHT = 340
FEWEST_LINES = 3
"""Fewer lines through parallel axes say nothing that the table does not."""


def curves(records: Sequence[RunRecord]) -> None:
    """Validation accuracy over the epochs."""
    st.markdown("#### How they learned")
    if len(records) > MOST_RUNS:
        st.caption(f"Tick two to {MOST_RUNS} runs in the table to lay their curves over each other.")
        return
    figure = curves_figure(records)
    version = "-".join(record.id for record in records)
    live_chart(
        payload(figure, name="overlay", version=version, alt="Validation accuracy over the epochs", height=HEIGHT),
        key="overlay",
        height=HEIGHT,
    )


def curves_figure(records: Sequence[RunRecord]) -> Figure:
    """The curves of at most `MOST_RUNS` runs over each other, with their teacher's level where they share one."""
    histories = [(record, student_track(record.id)) for record in records]
    lines = [(label(record, 32), track.accuracies()) for record, track in histories]
    teachers = {track.teacher_accuracy for _, track in histories if track.teacher_accuracy is not None}
    return overlaid(lines, teacher=teachers.pop() if len(teachers) == 1 else None, axis="accuracy on validation")


def classes(records: Sequence[RunRecord]) -> None:
    """Test accuracy of each class, a column a run; nothing where no run tells it."""
    table = class_shares(records)
    if table.empty:
        return
    st.markdown("#### Class by class")
    st.dataframe(
        table.map(percent), width="stretch", height="content" if len(table) <= 12 else 460, alt="Accuracy of each class"
    )
    st.caption("Right answers on test; where runs differ most comes first." if len(table.columns) > 1 else "On test.")


def class_shares(records: Sequence[RunRecord]) -> pd.DataFrame:
    """The test accuracy of each class, a column a run, where they differ most first; empty where no run tells it."""
    columns: dict[str, dict[str, float]] = {}
    for record in records[:MOST_RUNS]:
        shares = ((record.summary or {}).get("student") or {}).get("by_class") or ()
        started = student_track(record.id).started
        if started is not None and shares and len(started.classes) == len(shares):
            columns[record.short] = dict(zip(started.classes, shares, strict=True))
    table = pd.DataFrame(columns)
    if len(columns) > 1:
        table = table.loc[(table.max(axis=1) - table.min(axis=1)).sort_values(ascending=False).index]
    return table


def settings_and_results(records: Sequence[RunRecord]) -> None:
    """All runs through parallel axes."""
    found = axes(records)
    lines = [at for at in range(len(records)) if all(axis.values[at] is not None for axis in found)]
    if len(lines) < FEWEST_LINES or len(found) < 2:
        return
    st.markdown("#### Settings and what came of them")
    version = "-".join(record.id for record in records)
    alt = "Each run as a line through its settings, size, time and accuracy"
    live_chart(
        payload(parallel(found), name="parallel", version=version, alt=alt, height=HEIGHT, toolbar=False),
        key="parallel",
        height=HEIGHT,
    )
    st.caption(
        "A line is a run, the stronger the more accurate on the test split. Drag along an axis to keep only the runs "
        "that cross it."
    )
