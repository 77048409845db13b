"""From here with other settings: a new run that begins with the weights of the one on the page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import DistillError
from distill_core.runs.fork import HOW, fork, points, why_not
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager

_HELP = "From here with another T, alpha or rate."


def fork_button(record: RunRecord) -> None:
    """A small form behind a button; it says why where a run cannot be forked now."""
    with st.popover("Fork", icon=":material/call_split:", key=f"fork-{record.id}", help=_HELP):
        if (reason := why_not(record)) is not None:
            st.markdown(reason)
            return
        known = points(record)
        st.markdown("**From here, with other settings**")
        point = st.radio(
            "Begin with the weights", known, format_func=lambda point: point.said, key=f"fork-point-{record.id}"
        )
        changes = _settings(record)
        waits = " The fork waits until this run has ended or is stopped." if record.live else ""
        st.caption(
            f"A new student begins with the weights of {point.place} of this run. {HOW} This run stays as it is.{waits}"
        )
        if st.button("Start the fork", icon=":material/call_split:", type="primary", key="fork-start"):
            try:
                record = manager().store.get(record.id)  # another tab may have changed it, or deleted it
                run_id = manager().submit(fork(record, point, manager().store.home, changes))
                manager().remark(run_id, note=f"Forked from {record.id} at {point.place}.")
            except DistillError as error:
                st.error(str(error), icon=":material/error:")
                return
            st.switch_page("pages/train.py", query_params={"run": run_id})


def _settings(record: RunRecord) -> dict[str, Any]:
    """What may differ from the run; the engine says what is wrong with a value."""
    config = record.config
    changes: dict[str, Any] = {}
    left, right = st.columns(2)
    if config.teacher is not None:
        with left:
            changes["temperature"] = st.number_input(
                "Temperature",
                value=config.objective.temperature,
                min_value=0.1,
                step=0.5,
                format="%g",
                key=f"fork-temperature-{record.id}",
            )
        with right:
            changes["alpha"] = st.number_input(
                "Alpha",
                value=config.objective.alpha,
                min_value=0.0,
                max_value=1.0,
                step=0.05,
                format="%g",
                key=f"fork-alpha-{record.id}",
            )
    with left:
        changes["learning_rate"] = st.number_input(
            "Learning rate",
            value=config.optimiser.learning_rate,
            min_value=0.0,
            step=config.optimiser.learning_rate / 10,
            format="%.4g",
            key=f"fork-rate-{record.id}",
        )
    with right:
        changes["epochs"] = st.number_input(
            "Epochs", value=config.training.epochs, min_value=1, step=1, key=f"fork-epochs-{record.id}"
        )
    return changes
