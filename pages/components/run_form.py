"""The form that describes a run. It makes a `DistillConfig`, the same object that a file or a command makes."""

from __future__ import annotations

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.insight.doubts import doubts
from distill_core.insight.names import run_name
from distill_core.insight.settings import terminal_command
from distill_core.presets import load
from pages.components.form.advanced import advanced
from pages.components.form.lessons import labels, objective
from pages.components.form.models import models
from pages.components.form.schedule import phases, training
from pages.components.form.state import base, fill_form, fill_untouched_form, form
from pages.components.form.values import config_of
from pages.components.jobs import submit
from pages.components.trouble import fragment


def run_form() -> None:
    """The form and its start button."""
    fill_untouched_form()
    fragment(_form)()


def _form() -> None:
    teacher, student = models()
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### What it learns from")
        labels(teacher)
        objective()
    with right:
        st.markdown("#### How it learns")
        phases(teacher)
        training()
    advanced()
    config = _config()
    if config is not None:
        for doubt in doubts(
            config,
            student_parameters=student.parameters if student else None,
            teacher_parameters=teacher.parameters if teacher else None,
        ):
            st.warning(doubt, icon=":material/info:")
    _start(config)
    if config is not None:
        st.caption("The same run from a terminal:")
        st.code(terminal_command(config, load("quickstart"), "quickstart"), language="bash", wrap_lines=True)


def _config() -> DistillConfig | None:
    """What the inputs say, named after what it is; or None after showing what is wrong with it."""
    try:
        config = config_of(form(), base())
    except ConfigError as error:
        st.error(str(error), icon=":material/error:")
        return None
    return config.model_copy(update={"name": run_name(config)})


def _start(config: DistillConfig | None) -> None:
    quickstart = load("quickstart")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        start = st.button("Start", type="primary", icon=":material/play_arrow:", key="start", disabled=config is None)
        if base() != quickstart or config is None or config != quickstart:
            st.button(
                "Reset",
                icon=":material/undo:",
                key="reset",
                on_click=fill_form,
                args=(quickstart,),
                help="Back to the quickstart's settings.",
            )
        if config is not None:
            st.caption(_what_happens(config))
    if start and config is not None:
        submit(config)


def _what_happens(config: DistillConfig) -> str:
    if config.teacher is None:
        return "The student learns from labels; afterwards it can teach."
    if config.baseline:
        return (
            "First the baseline, unless it is known from an earlier run, then the student. Other runs wait their turn."
        )
    return "The student learns from the teacher; nothing tells what labels alone would have given."
