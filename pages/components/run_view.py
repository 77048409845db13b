"""One run on the screen: what learns from whom, how far it is, its figures, its curves and its end."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.beginning import how_it_began
from distill_core.insight.forgetting import forgetting
from distill_core.insight.history import RunHistory
from distill_core.insight.kept import what_is_kept
from distill_core.insight.marks import told
from distill_core.insight.measures import ACCURACY, AGREEMENT, MEASURES, Measure
from distill_core.runs.faults import is_named
from distill_core.runs.records import RunRecord, Snapshot
from pages.components.as_text import as_text
from pages.components.form.words import of_failure
from pages.components.from_the_top import from_the_top
from pages.components.jobs import attempt, manager
from pages.components.jobs import record as find_record
from pages.components.learns_by import learns_by
from pages.components.live_chart import live_chart
from pages.components.live_run import CHART_HEIGHT, CLASSES_HEIGHT, LiveRun, OverSteps, live_run
from pages.components.run_delete import delete_button, is_deleted
from pages.components.run_figures import figures
from pages.components.run_header import goes_on, header
from pages.components.run_result import result, settings
from pages.components.settle import settle
from pages.components.status import time_left
from pages.components.trouble import fragment
from pages.components.watched_image import watched_image

TICK = 1.0
LOW_ROW = 32
"""Pixels of a heading beside which nothing is chosen: as high as the row of choices in the other column."""


def run_view(record: RunRecord) -> None:
    """Shows a run; while it is live, the page renews itself once a second."""
    if is_deleted(record):
        return
    fragment(_view, run_every=TICK if record.live else None)(record.id, record.live)
    settings(record)
    delete_button(record)
    from_the_top(record.id)


def _view(run_id: str, was_live: bool) -> None:
    settle()
    run = live_run(run_id)
    try:
        snapshot = run.look()
    except DistillError as error:
        if is_named(error, "StorageError"):
            raise
        st.error(str(error), icon=":material/error:")
        return
    if snapshot.record.live != was_live:
        st.rerun()
        return
    header(snapshot)
    if snapshot.status == "finished":
        result(snapshot.record)
    elif snapshot.record.live:
        _progress(snapshot, run.history)
    else:
        _ended(snapshot.record)
    if snapshot.status != "finished":
        figures(run.history, snapshot.record)
        started = run.history.student.started
        began = how_it_began(started.beginning if started else None)
        for sentence in (*began, *what_is_kept(run.history.student.kept)):
            st.caption(sentence)
    left, right = st.columns(2, gap="medium")
    with left:
        show, logarithmic = _loss_view(snapshot.record)
        live_chart(run.over_steps(show, logarithmic), key=f"loss-{run_id}", height=CHART_HEIGHT)
        if run.marks:
            st.caption(f"Marked at the foot: {told(run.marks)}")
    with right:
        measure = _measure_view(snapshot.record, run.history)
        live_chart(run.accuracies(measure), key=f"accuracy-{run_id}", height=CHART_HEIGHT)
        changed = forgetting(run.history.student)
        if changed:
            st.caption(changed)
    watched_image(run.history, run_id)
    _class_gains(run)
    summary = snapshot.record.summary  # once it is there it knows better: a file may have been made later
    for warning in run.history.warnings if summary is None else summary["warnings"]:
        st.warning(warning, icon=":material/info:")
    learns_by(snapshot.record, run.history.student.started)


def _class_gains(run: LiveRun) -> None:
    """What the teacher gave class by class, where answers are classes and there is a baseline."""
    found = run.classes()
    if found is not None:
        chart, sentence = found
        st.markdown("**Gain of each class**", help="Student minus baseline on validation, after the same epoch.")
        live_chart(chart, key=f"classes-{run.run_id}", height=CLASSES_HEIGHT)
        st.caption(sentence)


def _loss_view(record: RunRecord) -> tuple[OverSteps, bool]:
    """What this reader wants to see over the steps: which figure of the terms, on which scale; or the learning rate."""
    views: dict[OverSteps, str] = {"weighted": "Loss", "raw": "Raw"}
    if record.config.training.gradient_shares:
        views["share"] = "Gradient"
    views["rate"] = "Rate"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Training**", help=_LOSS_HELP, width="content")
        st.space("stretch")
        show = st.segmented_control(
            "Show",
            list(views),
            default="weighted",
            required=True,
            format_func=views.__getitem__,
            label_visibility="collapsed",
            key=f"loss-view-{record.id}",
        )
        logarithmic = st.toggle("Log", value=True, key=f"loss-log-{record.id}", disabled=show in ("share", "rate"))
    return show or "weighted", logarithmic


def _measure_view(record: RunRecord, history: RunHistory) -> Measure:
    """By which measure this reader wants to see the models, where the problem has more than one."""
    known = [measure.name for measure in history.measures]
    if record.live and record.config.teacher is not None and AGREEMENT not in known:
        known.append(AGREEMENT)  # comes with the first epoch; its button is not to come after it
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Validation**" if known[1:] else "**Accuracy**", help=_ACCURACY_HELP, width="content")
        if len(known) == 1:
            st.container(width=1, height=LOW_ROW, border=False)
            return MEASURES[ACCURACY]
        st.space("stretch")
        chosen = st.segmented_control(
            "Measure",
            known,
            default=ACCURACY,
            required=True,
            format_func=lambda name: MEASURES[name].title,
            label_visibility="collapsed",
            key=f"measure-{record.id}",
        )
    return MEASURES[chosen or ACCURACY]


_LOSS_HELP = (
    "Loss: every term as it counts, with the total as a thin grey line. Raw: before its weight, T² included. Log: by "
    "factors of ten. "
    "Gradient, where the run records it: how much of the gradient each term makes. Rate: the learning rate. "
    "Bold lines are means over the last steps, faint ones what was logged. Drag to zoom, double-click to zoom out; the "
    "zoom stays while the run goes on."
)
_ACCURACY_HELP = (
    "Validation after every epoch. Agreement: how often the student answers as the teacher does, right or wrong. The "
    "training curve counts what the student may see the labels of. Validation only chooses the best epoch; the test "
    "is kept for the end."
)


def _progress(snapshot: Snapshot, history: RunHistory) -> None:
    progress = snapshot.progress
    if snapshot.status == "queued":
        _waiting(progress.doing)
        return
    if manager().pausing(snapshot.run_id) and not progress.trained:
        doing = f"{progress.doing[:1].lower()}{progress.doing[1:]}"
        st.progress(progress.share, text=f"Pausing as soon as this allows it: {doing}")
        return
    parts = [progress.doing, history.where if progress.phase else "", time_left(snapshot)]
    st.progress(progress.share, text=" · ".join(part for part in parts if part))
    begun = history.baseline.started
    if history.in_baseline and begun is not None and begun.step:
        st.caption(f"This baseline was begun before; it goes on from step {begun.step:,}.")


def _waiting(doing: str) -> None:
    """For a run in the queue; a paused one before it would be waited for without end."""
    active = manager().active()
    before = find_record(active) if active is not None else None
    if before is None or before.status != "paused":
        st.markdown(f":material/hourglass_empty: {doing}. It starts by itself when the runs before it end.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":material/pause: {doing}: **{as_text(before.name or before.id)}** is paused before it. Continue or stop "
            "that one.",
            width="content",
        )
        st.button("Continue it", key="continue-other", on_click=attempt, args=(manager().unpause, before.id))
        st.button("Stop it", key="stop-other", on_click=attempt, args=(manager().stop, before.id))


def _ended(record: RunRecord) -> None:
    """Stopped, failed or interrupted: why, and what now."""
    if record.status == "failed":
        st.error(of_failure(record.error or "The run failed."), icon=":material/error:")
        if record.details:
            with st.expander("Technical details"):
                st.code(record.details, language=None)
    elif record.status == "interrupted":
        st.warning(record.error or "The run was interrupted.", icon=":material/power_off:")
    else:
        how = "goes on from where it was" if goes_on(record) else "starts it again from the beginning"
        st.info(f"You stopped this run. Resume {how}.", icon=":material/stop:")
