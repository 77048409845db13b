"""Runs as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.insight.doubts import learns_from_labels
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


_HEADS = {
    "run": "Run",
    "teacher": "Teacher",
    "accuracy": "Accuracy",
    "interval": "95% interval",
    "baseline": "Baseline",
    "gain": "Gain",
    "gain_interval": "Gain, 95%",
    "retention": "Retention",
    "gap_closed": "Gap closed",
    "parameters": "Parameters",
    "bytes": "File size",
    "latency": "CPU time",
    "token": "A token written",
    "labels": "Labels",
    "temperature": "T",
    "alpha": "Alpha",
    "seed": "Seed",
}
_FIRST = ("run", "accuracy", "gain", "teacher")
"""What a narrow window should show of a comparison."""
_HELP = {
    "accuracy": "On the test split.",
    "interval": "Of the accuracy, from the number of test inputs alone; another seed may lie outside.",
    "gain": "Points over the baseline.",
    "gain_interval": "Of the gain, from the number of test inputs alone. Where it holds 0, the gain may be chance.",
    "retention": "The student's accuracy as a share of the teacher's.",
    "gap_closed": "How far from baseline to teacher. A dash where that difference may be chance.",
    "latency": "One image, or one window of tokens read; one thread, median.",
    "token": f"Language models only. {HOW_MEASURED}",
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
            "run": st.column_config.TextColumn("Run", width=310),
            "status": "Status",
            "student": "Student",
            "teacher": "Teacher",
        },
    )
    if more:
        st.caption(f"The latest {RECENT} are shown. **Runs** has all of them.")


def _row(record: RunRecord) -> dict[str, Any]:
    summary = record.summary or {}
    accuracy = (summary.get("student") or {}).get("accuracy")
    baseline = (summary.get("baseline") or {}).get("accuracy")
    budget = record.config.label_budget
    return {
        "open": ":material/open_in_full: Open",
        "run": short_name(record),
        "status": record.status,
        "student": student_name(record.config.student),
        "teacher": _teacher(record),
        "labels": (f"{budget:,}" if budget else "all") if learns_from_labels(record.config) else "none",
        "accuracy": percent(accuracy),
        "gain": points(difference(accuracy, baseline)),
        "when": datetime.fromtimestamp(record.created, UTC),
    }


def short_name(record: RunRecord) -> str:
    """A run's name without what stands in columns beside it."""
    names = student_name(record.config.student), _teacher(record)
    student, teacher = (shortened(name, LONGEST_TEACHER) for name in names)
    return record.name.removeprefix(f"{student} from {teacher}, ") or record.id


def _teacher(record: RunRecord) -> str:
    return teacher_name(record.config.teacher)


def _open(ids: list[str]) -> None:
    st.switch_page("pages/train.py", query_params={"run": ids[st.session_state["open-run"].row]})


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """The comparison's rows as a reader sees them, each cell in words and a dash where nothing is known."""
    table = pd.DataFrame(index=rows.index)
    for name in map(str, rows):
        say = _SAID.get(name, str)
        say = say.format if isinstance(say, str) else say
        table[_HEADS.get(name, name)] = ["–" if pd.isna(value) else say(value) for value in rows[name]]
    return table


def comparison_table(rows: pd.DataFrame, key: str, ticked: Sequence[int] = ()) -> list[int]:
    """Finished runs with everything that tells them apart; returns the numbers of the rows ticked.

    Args:
        rows: of the runs.
        key: of the table; ticks are kept as numbers of rows, so other rows need another.
        ticked: the rows that are ticked to begin with.
    """
    event = st.dataframe(
        rows.style.format({name: said for name, said in _SAID.items() if name in rows}, na_rep="–"),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) <= MOST_ROWS else 38 + 35 * MOST_ROWS,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": list(ticked)}},
        key=key,
        alt="Finished runs",
        placeholder="–",
        column_order=[*_FIRST, *(name for name in map(str, rows) if name not in _FIRST)],
        column_config={name: _column(name) for name in _HEADS},
    )
    return ticked_rows(event)


def ticked_rows(event: Any) -> list[int]:
    """The numbers of the rows that are ticked in a table."""
    return list(event.selection.rows)


def _column(name: str) -> Any:
    head = _HEADS[name]
    if name == "run":
        return st.column_config.TextColumn(head, pinned=True, width="medium")
    if name in ("teacher", "labels", "interval", "gain_interval"):
        return st.column_config.TextColumn(head, alignment=None if name == "teacher" else "right", help=_HELP.get(name))
    return st.column_config.NumberColumn(head, help=_HELP.get(name))
