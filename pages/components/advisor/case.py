"""What the user has and wants, asked in inputs that stand in the address."""

from __future__ import annotations

import math

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.names import OWN_FILES
from distill_core.presets import BEGINNINGS, load
from distill_core.studies.weighing import Case
from distill_core.task import task_named
from pages.components.form.models import TASKS
from pages.components.links import configuration

GOALS = {"accurate": "The most accurate", "small": "The smallest"}


def asked_case() -> Case:
    """The inputs, each with what is usual."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### What you have")
        task = _task()
        dataset = _dataset(task)
        labels = _labels(task, dataset)
        minutes = st.number_input(
            "Minutes for the training",
            min_value=1,
            value=None,
            step=1,
            placeholder="no limit",
            key="advice_minutes",
            bind="query-params",
            persist_state="session",
            help="Of student and baseline together.",
        )
    with right:
        st.markdown("#### What you want")
        goal = st.segmented_control(
            "Which student",
            list(GOALS),
            default="accurate",
            required=True,
            format_func=GOALS.__getitem__,
            key="advice_goal",
            bind="query-params",
            persist_state="session",
        )
        within = st.number_input(
            "Points behind its teacher, at most",
            min_value=0.5,
            max_value=50.0,
            value=2.0,
            step=0.5,
            format="%g",
            key="advice_within",
            bind="query-params",
            persist_state="session",
            disabled=goal != "small",
            help="How far the smallest student's accuracy may be below its teacher's.",
        )
        kilobytes = st.number_input(
            "File at most, kB",
            min_value=1,
            value=None,
            step=50,
            placeholder="no limit",
            key="advice_kb",
            bind="query-params",
            persist_state="session",
        )
        most_ms = st.number_input(
            "CPU time of one input at most, ms",
            min_value=0.001,
            value=None,
            step=0.01,
            format="%g",
            placeholder="no limit",
            key="advice_ms",
            bind="query-params",
            persist_state="session",
            help="Times are those of the machine that measured them; another device's are others.",
        )
    return Case(
        task=task,
        dataset=dataset,
        labels=labels,
        goal="small" if goal == "small" else "accurate",
        within=within / 100,
        most_bytes=1000 * kilobytes if kilobytes else None,
        most_ms=most_ms,
        seconds=60 * minutes if minutes else None,
    )


def _task() -> str:
    task: str = st.segmented_control(
        "Kind of model",
        list(TASKS),
        default="vision",
        required=True,
        format_func=TASKS.__getitem__,
        key="advice_task",
        bind="query-params",
        persist_state="session",
    )
    return task


def _dataset(task: str) -> str:
    usual = load(BEGINNINGS[task]).dataset
    names = [usual, *(name for name in task_named(task).datasets() if name not in (usual, *OWN_FILES))]
    chosen: str = st.selectbox(
        "Data set", names, key=f"advice_dataset_{task}", bind="query-params", persist_state="session"
    )
    st.caption(task_named(task).datasets()[chosen])
    return chosen


def _labels(task: str, dataset: str) -> float:
    """How many labels there are; infinite for all of a number that is not known."""
    every = _inputs(task, dataset)
    usual = load(BEGINNINGS[task]).label_budget or 400
    noun = task_named(task).noun
    labels = st.number_input(
        f"Labelled {noun}",
        min_value=0,
        max_value=every,
        value=min(usual, every or usual),
        step=100,
        key=f"advice_labels_{task}_{dataset}",
        bind="query-params",
        persist_state="session",
        help=f"0 if all {f'{every:,} ' if every else ''}{noun} have labels.",
    )
    return float(labels or every or math.inf)


def _inputs(task: str, dataset: str) -> int | None:
    try:
        return task_named(task).foreseen(configuration(BEGINNINGS[task], [f"dataset={dataset}"])).inputs
    except DistillError:
        return None
