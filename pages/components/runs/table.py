"""The table of runs, one row each; ticked rows are remembered by their run, not by their place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.insight.doubts import learns_from_labels
from distill_core.insight.names import data_name, student_name, teacher_name
from distill_core.insight.words import difference
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager
from pages.components.runs_table import short_name

MOST_ROWS = 12
LEAST_REACH = 0.5
"""Points left free above and below the curves, lest one value alone be a scale without a height."""
ROW, HEAD, BORDERS = 35, 38, 2
_CHOSEN = "runs_chosen"


def run_table(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Shows the runs and returns those that are ticked."""
    if not records:
        return []
    ids = [record.id for record in records]
    curves = manager().curves.of(ids)
    ticked = set(st.session_state.get(_CHOSEN, ()))
    event = st.dataframe(
        pd.DataFrame(rows(records, curves)),
        hide_index=True,
        width="stretch",
        height=HEAD + ROW * min(len(records), MOST_ROWS) + BORDERS,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [at for at, run_id in enumerate(ids) if run_id in ticked]}},
        key=f"runs-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}",
        alt="Your runs, one a row",
        placeholder="–",
        column_config=_columns(curves),
    )
    chosen = [records[at] for at in event.selection.rows if at < len(records)]
    st.session_state[_CHOSEN] = [record.id for record in chosen]
    return chosen


def rows(records: Sequence[RunRecord], curves: dict[str, list[float]]) -> list[dict[str, Any]]:
    """What the table shows of each run; accuracies are percentages, so that they sort as numbers.

    Args:
        records: the runs, in the table's order.
        curves: validation accuracies 0..1 by run.
    """
    return [_row(record, curves.get(record.id, [])) for record in records]


def _row(record: RunRecord, curve: list[float]) -> dict[str, Any]:
    summary, config = record.summary or {}, record.config
    student = summary.get("student") or {}
    accuracy, before = student.get("accuracy"), (summary.get("baseline") or {}).get("accuracy")
    gained = difference(accuracy, before)
    return {
        "run": short_name(record),
        "state": record.status,
        "curve": [100 * value for value in curve],
        "accuracy": None if accuracy is None else 100 * accuracy,
        "gain": None if gained is None else 100 * gained,
        "student": student_name(config.student),
        "teacher": teacher_name(config.teacher),
        "data": data_name(config),
        "labels": (summary.get("labels") or config.label_budget) if learns_from_labels(config) else 0,
        "size": (summary.get("onnx") or {}).get("bytes"),
        "tags": list(record.tags),
        "when": datetime.fromtimestamp(record.created, UTC),
    }


def _columns(curves: dict[str, list[float]]) -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    shown = [100 * value for curve in curves.values() for value in curve]
    return {
        "run": text("Run", pinned=True, width=200),
        "state": text("State", width=98),
        "curve": st.column_config.LineChartColumn(
            "Validation",
            width=95,
            color="green",
            y_min=min(shown, default=0.0) - LEAST_REACH,
            y_max=max(shown, default=100.0) + LEAST_REACH,
            help="The student's accuracy on validation after each epoch, all rows on one scale.",
        ),
        "accuracy": number("Accuracy", format="%.1f%%", width=80, help="Of the student, on the test split."),
        "gain": number("Gain", format="%+.1f", width=62, help="Points over the same student on labels alone."),
        "student": text("Student", width=100),
        "teacher": text("Teacher", width=105),
        "data": text("Data set", width=140),
        "labels": number("Labels", format="localized", width=65, help="How many labels it saw; – for all of them."),
        "size": number("File", format="bytes", width=82, help="Size of the ONNX file."),
        "tags": st.column_config.ListColumn("Tags", width=80),
        "when": st.column_config.DatetimeColumn("Begun", format="distance", width=118),
    }
