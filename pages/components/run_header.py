"""The head of a run's page: what learns from whom, the settings in short, and what can be done with the run."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.beginning import begins_with
from distill_core.insight.doubts import learns_from_labels
from distill_core.insight.levels import levels_said
from distill_core.insight.names import (
    LONGEST_TEACHER,
    data_name,
    further_losses,
    shortened,
    student_name,
    teacher_name,
)
from distill_core.runs.records import RunRecord, Snapshot
from pages.components.as_text import as_text
from pages.components.form.state import fill_form
from pages.components.jobs import attempt, manager
from pages.components.jobs import record as find_record
from pages.components.runs.fork import fork_button
from pages.components.status import badge


def header(snapshot: Snapshot) -> None:
    """Title, state, buttons, and below them what the run is."""
    record, config = snapshot.record, snapshot.record.config
    student = student_name(config.student)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if config.teacher is None:
            title = f":green[{as_text(student)}] learns from labels"
        else:
            title = f":green[{as_text(student)}] learns from :violet[{as_text(teacher_name(config.teacher))}]"
        st.header(title, anchor=False, width="content")
        badge(snapshot.status)
        st.space("stretch")
        _buttons(snapshot)
    labels = f"{config.label_budget:,} labels" if config.label_budget else "all labels"
    labels = labels if learns_from_labels(config) else "no labels used"
    told = record.name.startswith(shortened(student, LONGEST_TEACHER))  # by the title
    facts = ["" if told else record.name, data_name(config), labels, begins_with(config)]
    if config.teacher is not None:
        facts += [*levels_said(config), further_losses(config)]
    if config.training.on_policy:
        facts.append(f"{config.training.on_policy:.0%} of the steps on texts by the student, without labels")
    epochs = config.training.epochs
    facts += [f"{epochs} epoch{'s' if epochs != 1 else ''}", f"seed {config.seed}"]
    st.caption(as_text(" · ".join(fact for fact in facts if fact)))


def _buttons(snapshot: Snapshot) -> None:
    """What can be done with the run as it is now; what is trained is no longer paused, for the rest is soon over."""
    record = snapshot.record
    run_id, jobs = record.id, manager()
    trained, pausing = snapshot.progress.trained, jobs.pausing(run_id)
    if record.status == "running" and not trained:
        st.button(
            "Pausing…" if pausing else "Pause",
            icon=":material/pause:",
            on_click=attempt,
            args=(jobs.pause, run_id),
            disabled=pausing,
            key="pause",
        )
    if record.status == "paused" or (pausing and not trained):
        st.button("Continue", icon=":material/play_arrow:", on_click=attempt, args=(jobs.unpause, run_id), key="go-on")
    if record.live:
        st.button(
            "Stopping…" if record.status == "stopping" else "Stop",
            icon=":material/stop:",
            on_click=attempt,
            args=(jobs.stop, run_id),
            disabled=record.status == "stopping",
            key="stop",
            help="The student is trained and kept; its file can be made later." if trained else None,
        )
    failed = record.status == "failed"
    if record.resumable and (record.has_checkpoint or not failed):
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            type="secondary" if failed else "primary",
            on_click=_resume,
            args=(run_id,),
            key="resume",
            help="Goes on from the last checkpoint." if goes_on(record) else "Starts from the beginning.",
        )
    if record.over and st.button(
        "Use these settings",
        icon=":material/tune:",
        type="primary" if failed else "secondary",
        on_click=fill_form,
        args=(record.config,),
        key="again",
    ):
        st.switch_page("pages/train.py")
    if record.started is not None:
        fork_button(record)
    if st.button("New run", icon=":material/add:", key="new-run", help="The form to start another one."):
        st.switch_page("pages/train.py")


def goes_on(record: RunRecord) -> bool:
    """Whether Resume finds something done: in the run itself, or in the baseline that it left half-way."""
    if record.has_checkpoint or record.baseline_id is None:
        return record.has_checkpoint
    baseline = find_record(record.baseline_id)
    return baseline is not None and (baseline.has_checkpoint or baseline.status == "finished")


def _resume(run_id: str) -> None:
    attempt(manager().resume, run_id)
