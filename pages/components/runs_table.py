"""Runs as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.insight.names import teacher_name
from distill_core.insight.words import percent, points
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager

RECENT = 12


def recent_runs() -> None:
    """The latest runs, each with a button that opens it."""
    records = manager().store.list("run", limit=RECENT)
    st.space("small")
    st.markdown("#### Recent runs")
    if not records:
        st.caption("None yet. The demo will be the first.")
        return
    st.dataframe(
        pd.DataFrame([_row(record) for record in records]),
        hide_index=True,
        width="stretch",
        alt="Recent runs",
        column_config={
            "open": st.column_config.ButtonColumn("", on_click=_open, args=([r.id for r in records],), key="open-run"),
            "accuracy": st.column_config.TextColumn("Test accuracy", alignment="right"),
            "gain": st.column_config.TextColumn("Gain over baseline", alignment="right"),
            "labels": st.column_config.TextColumn("Labels seen", alignment="right"),
            "when": st.column_config.DatetimeColumn("When", format="distance"),
            "run": st.column_config.TextColumn("Run", width="large"),
            "status": "Status",
            "student": "Student",
            "teacher": "Teacher",
        },
    )


def _row(record: RunRecord) -> dict[str, Any]:
    summary = record.summary or {}
    accuracy = (summary.get("student") or {}).get("accuracy")
    baseline = (summary.get("baseline") or {}).get("accuracy")
    budget = record.config.label_budget
    return {
        "open": ":material/open_in_full: Open",
        "run": record.name or record.id,
        "status": record.status,
        "student": record.config.student,
        "teacher": teacher_name(record.config.teacher),
        "labels": f"{budget:,}" if budget else "all",
        "accuracy": percent(accuracy),
        "gain": points(accuracy - baseline) if accuracy is not None and baseline is not None else "–",
        "when": datetime.fromtimestamp(record.created, UTC),
    }


def _open(ids: list[str]) -> None:
    st.switch_page("pages/train.py", query_params={"run": ids[st.session_state["open-run"].row]})


def comparison_table(rows: pd.DataFrame) -> list[int]:
    """Finished runs with everything that tells them apart; returns the numbers of the rows ticked."""
    event = st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 390),
        on_select="rerun",
        selection_mode="multi-row",
        key="compare_rows",
        alt="Finished runs",
        column_config={
            "run": st.column_config.TextColumn("Run", pinned=True, width="medium"),
            "accuracy": st.column_config.NumberColumn("Accuracy", format="%.1f%%", help="On the test images."),
            "baseline": st.column_config.NumberColumn("Baseline", format="%.1f%%"),
            "gain": st.column_config.NumberColumn("Gain", format="%+.1f", help="Points over the baseline."),
            "retention": st.column_config.NumberColumn(
                "Retention", format="%.1f%%", help="The student's accuracy as a share of the teacher's."
            ),
            "gap_closed": st.column_config.NumberColumn(
                "Gap closed",
                format="%.1f%%",
                help="How far from baseline to teacher. Empty where that difference may be chance.",
            ),
            "parameters": st.column_config.NumberColumn("Parameters", format="compact"),
            "megabytes": st.column_config.NumberColumn("MB", format="%.3f"),
            "latency": st.column_config.NumberColumn("CPU ms", format="%.3f", help="One image, one thread, median."),
            "labels": st.column_config.TextColumn("Labels", alignment="right"),
            "temperature": st.column_config.NumberColumn("T", format="%.1f"),
            "alpha": st.column_config.NumberColumn("Alpha", format="%.2f"),
            "seed": st.column_config.NumberColumn("Seed", format="%d"),
        },
    )
    return list(event.selection.rows)
