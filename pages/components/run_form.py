"""The form that describes a run. It makes a `DistillConfig`, the same object that a file or a command makes."""

from __future__ import annotations

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.insight.doubts import doubts
from distill_core.insight.names import run_name
from distill_core.presets import BEGINNINGS, load
from distill_core.presets.about import ABOUT
from pages.components.form.advanced import advanced
from pages.components.form.details import details
from pages.components.form.doctor import doctor
from pages.components.form.elsewhere import elsewhere
from pages.components.form.lessons import labels, objective, own_texts
from pages.components.form.methods import methods
from pages.components.form.models import kind, models
from pages.components.form.problems import described, waiting
from pages.components.form.schedule import phases, training
from pages.components.form.start_from import choose_a_preset, open_a_file
from pages.components.form.state import base, fill_form, fill_untouched_form
from pages.components.jobs import submit
from pages.components.links import fill_form_from_link
from pages.components.trouble import fragment


def run_form() -> None:
    """The form and its start button."""
    fill_untouched_form()
    fill_form_from_link()
    fragment(_form)()


def _form() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        kind()
        st.space("stretch")
        choose_a_preset()
        open_a_file()
    teacher, student = models()
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### What it learns from")
        labels(teacher)
        own_texts()
        objective()
    with right:
        st.markdown("#### How it learns")
        phases(teacher)
        training()
    refused = methods()
    details()
    advanced()
    config, wrong = described()
    wrong += refused
    if wrong:
        st.error("  \n".join(wrong), icon=":material/error:")
    if config is not None and not wrong:
        for doubt in doubts(
            config,
            student_parameters=student.parameters if student else None,
            teacher_parameters=teacher.parameters if teacher else None,
            teacher_data=teacher.dataset if teacher else None,
        ):
            st.warning(doubt, icon=":material/info:")
    if config is None or wrong:
        _start(None)
        return
    config = config.model_copy(update={"name": run_name(config)})
    doctor(config)
    _start(config)
    named = (name for name in (config.name, base().name) if name in ABOUT)
    elsewhere(config, next(named, BEGINNINGS[base().task]))


def _start(config: DistillConfig | None) -> None:
    """The button, which stands still without a configuration."""
    quickstart = load(BEGINNINGS[base().task])
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        start = st.button("Start", type="primary", icon=":material/play_arrow:", key="start", disabled=config is None)
        if base() != quickstart or config != quickstart:
            st.button(
                "Reset",
                icon=":material/undo:",
                key="reset",
                on_click=fill_form,
                args=(quickstart,),
                help=f"Back to the settings of {BEGINNINGS[base().task]}.",
            )
        if config is not None:
            st.caption(_what_happens(config))
        else:
            st.caption(waiting() or "Nothing starts until that is mended.")
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
