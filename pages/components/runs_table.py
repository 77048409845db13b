"""Runs as rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.insight.names import LONGEST_TEACHER, shortened, student_name, teacher_name
from distill_core.insight.speed import HOW_MEASURED, token_time
from distill_core.insight.words import count, difference, megabytes, milliseconds, percent, points
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager

RECENT = 12
MOST_ROWS = 10


def _percent(hundredths: float) -> str:
    return percent(hundredths / 100)


_SAID: dict[Any, Any] = {
    "accuracy": _percent,
    "baseline": _percent,
    "gain": lambda gained: points(gained / 100).removesuffix(" points"),
    "retention": _percent,
    "gap_closed": _percent,
    "parameters": count,
    "bytes": megabytes,
    "latency": milliseconds,
    "token": lambda token: token_time({"token_ms": token}),
    "temperature": "{:g}",
    "alpha": "{:g}",
}


def recent_runs() -> None:
    """The latest runs, each with a button that opens it."""
    found = manager().store.list("run", limit=RECENT + 1)
    records, more = found[:RECENT], len(found) > RECENT
    st.space("small")
    st.markdown("#### Recent runs")
    if not records:
        st.caption("None yet. The demo will be the first.")
        return
    st.dataframe(
        pd.DataFrame([_row(record) for record in records]),
        hide_index=True,
        width="stretch",
        height="content",
        alt="Recent runs",
        column_config={
            "open": st.column_config.ButtonColumn("", on_click=_open, args=([r.id for r in records],), key="open-run"),
            "accuracy": st.column_config.TextColumn("Accuracy", alignment="right", help="On the test split.", width=95),
            "gain": st.column_config.TextColumn("Gain", alignment="right", help="Over the baseline.", width=110),
            "labels": st.column_config.TextColumn("Labels seen", alignment="right"),
            "when": st.column_config.DatetimeColumn("When", format="distance", width=130),
            "run": st.column_config.TextColumn("Run", width=340),
            "status": "Status",
            "student": "Student",
            "teacher": "Teacher",
        },
    )
    if more:
        st.caption(f"The latest {RECENT} are shown. **Compare** has every run that finished.")


def _row(record: RunRecord) -> dict[str, Any]:
    summary = record.summary or {}
    accuracy = (summary.get("student") or {}).get("accuracy")
    baseline = (summary.get("baseline") or {}).get("accuracy")
    budget = record.config.label_budget
    return {
        "open": ":material/open_in_full: Open",
        "run": _name(record),
        "status": record.status,
        "student": student_name(record.config.student),
        "teacher": _teacher(record),
        "labels": f"{budget:,}" if budget else "all",
        "accuracy": percent(accuracy),
        "gain": points(difference(accuracy, baseline)),
        "when": datetime.fromtimestamp(record.created, UTC),
    }


def _name(record: RunRecord) -> str:
    """A run's name without what stands in columns beside it."""
    names = student_name(record.config.student), _teacher(record)
    student, teacher = (shortened(name, LONGEST_TEACHER) for name in names)
    return record.name.removeprefix(f"{student} from {teacher}, ") or record.id


def _teacher(record: RunRecord) -> str:
    return teacher_name(record.config.teacher)


def _open(ids: list[str]) -> None:
    st.switch_page("pages/train.py", query_params={"run": ids[st.session_state["open-run"].row]})


def comparison_table(rows: pd.DataFrame) -> list[int]:
    """Finished runs with everything that tells them apart; returns the numbers of the rows ticked."""
    event = st.dataframe(
        rows.style.format({name: said for name, said in _SAID.items() if name in rows}, na_rep="–"),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) <= MOST_ROWS else 38 + 35 * MOST_ROWS,
        on_select="rerun",
        selection_mode="multi-row",
        key="compare_rows",
        alt="Finished runs",
        placeholder="–",
        column_config={
            "run": st.column_config.TextColumn("Run", pinned=True, width="medium"),
            "teacher": st.column_config.TextColumn("Teacher"),
            "accuracy": st.column_config.NumberColumn("Accuracy", help="On the test split."),
            "baseline": st.column_config.NumberColumn("Baseline"),
            "gain": st.column_config.NumberColumn("Gain", help="Points over the baseline."),
            "retention": st.column_config.NumberColumn(
                "Retention", help="The student's accuracy as a share of the teacher's."
            ),
            "gap_closed": st.column_config.NumberColumn(
                "Gap closed", help="How far from baseline to teacher. A dash where that difference may be chance."
            ),
            "parameters": st.column_config.NumberColumn("Parameters"),
            "bytes": st.column_config.NumberColumn("File size"),
            "latency": st.column_config.NumberColumn(
                "CPU time", help="One image, or one window of tokens read; one thread, median."
            ),
            "token": st.column_config.NumberColumn("A token written", help=f"Language models only. {HOW_MEASURED}"),
            "labels": st.column_config.TextColumn("Labels", alignment="right"),
            "temperature": st.column_config.NumberColumn("T"),
            "alpha": st.column_config.NumberColumn("Alpha"),
            "seed": st.column_config.NumberColumn("Seed"),
        },
    )
    return list(event.selection.rows)
