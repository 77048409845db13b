"""The runs of the user's own study: how many are done, what failed, and the buttons that start and stop them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.words import percent
from distill_core.runs.records import RunRecord
from distill_core.studies import keeping
from distill_core.studies.plan import Job, StudyPlan
from distill_core.studies.queueing import queue_missing, stop_all
from distill_core.studies.standing import Standing
from pages.components.jobs import manager
from pages.components.studies.shelf import PAGE

_STATES = ("running", "paused", "stopping", "queued", "failed", "stopped", "interrupted", "missing")
_SAID = {"missing": "not started", "queued": "waiting"}
MOST_MESSAGES = 3


def buttons(plan: StudyPlan, jobs: Sequence[Job], now: Standing) -> None:
    """What can be done now."""
    if now.live:
        st.button(
            "Stop",
            icon=":material/stop:",
            key="stop-study",
            on_click=_attempt,
            args=(stop_all, jobs),
            help="Ends the run in hand and takes the others out of the queue. The study can go on later.",
        )
    if now.startable:
        begun = len(jobs) > now.counts["missing"]
        st.button(
            "Go on" if begun else "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="start-study",
            on_click=_attempt,
            args=(queue_missing, jobs),
            help=f"Queues {now.startable} of {len(jobs)} runs. They go on when this page is closed.",
        )
    if now.failed:
        st.button(
            "Try failed runs again",
            icon=":material/refresh:",
            key="retry-study",
            on_click=_attempt,
            args=(_retry, jobs),
        )
    with st.popover("Remove", icon=":material/delete:", disabled=now.live, key="remove-study"):
        st.markdown(f"Remove the study **{plan.name}**?")
        st.caption("Its plan goes. Its runs stay among your runs.")
        if st.button("Remove", icon=":material/delete_forever:", key="remove-for-good"):
            keeping.forget(manager().store.home, plan.name)
            st.switch_page(PAGE)


def _retry(manager: Any, jobs: Sequence[Job]) -> int:
    return queue_missing(manager, jobs, retry_failed=True)


def _attempt(action: Callable[..., object], jobs: Sequence[Job]) -> None:
    try:
        action(manager(), jobs)
    except DistillError as error:
        st.toast(str(error), icon=":material/error:")


def progress(now: Standing) -> None:
    """How far the study is, and what failed."""
    total, counts = len(now.jobs), now.counts
    if counts["finished"] < total:
        parts = [f"{counts[state]} {_SAID.get(state, state)}" for state in _STATES if counts[state]]
        st.progress(counts["finished"] / total, text=" · ".join([f"{counts['finished']} finished", *parts]))
    for job, record in now.failed[:MOST_MESSAGES]:
        error = record.error or "It left no message."
        st.error(f"**{job.variant}, seed {job.seed}** failed. {error}", icon=":material/error:")
    more = len(now.failed) - MOST_MESSAGES
    if more > 0:
        st.caption(f"{more} more failed; **Every run** below has them.")


def every_run(now: Standing) -> None:
    """Each run of the study with its state, and a button that opens it."""
    with st.expander("Every run", icon=":material/list:"):
        stored = [(job, record) for job, record in now.jobs if record is not None]
        if not stored:
            st.caption("None was started yet.")
            return
        st.dataframe(
            pd.DataFrame([_row(job, record) for job, record in stored]),
            hide_index=True,
            width="stretch",
            alt="Runs of the study",
            column_config={
                "open": st.column_config.ButtonColumn(
                    "", on_click=_open, args=([record.id for _, record in stored],), key="open-study-run"
                ),
                "variant": st.column_config.TextColumn("Variant", width="medium"),
                "seed": "Seed",
                "status": "Status",
                "accuracy": st.column_config.TextColumn("Accuracy", alignment="right", help="On the test split."),
                "when": st.column_config.DatetimeColumn("When", format="distance"),
            },
        )


def _row(job: Job, record: RunRecord) -> dict[str, Any]:
    return {
        "open": ":material/open_in_full: Open",
        "variant": job.variant,
        "seed": job.seed,
        "status": record.status,
        "accuracy": percent(((record.summary or {}).get("student") or {}).get("accuracy")),
        "when": datetime.fromtimestamp(record.created, UTC),
    }


def _open(ids: list[str]) -> None:
    st.switch_page("pages/train.py", query_params={"run": ids[st.session_state["open-study-run"].row]})
