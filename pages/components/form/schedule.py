"""How the student learns: phases, length, portions, and beside which baseline."""

from __future__ import annotations

import streamlit as st

from distill_core.config.explained import explanation
from distill_core.errors import ConfigError
from distill_core.figures import timeline_curves
from distill_core.insight.baseline import compared
from distill_core.insight.choices import TeacherChoice
from distill_core.insight.timeline import STEPS, timeline
from pages.components.form.each_phase import begin_with_the_usual, each_phase
from pages.components.form.kinds import class_names
from pages.components.form.problems import told_here
from pages.components.form.state import base, of_images, so_far, taught
from pages.components.form.values import CLASSES, KEEP, LABELS, OWN, USUAL
from pages.components.form.words import NAMES, help_of, line_of
from pages.components.live_chart import live_chart, payload

HEIGHT = 230


def phases(teacher: TeacherChoice | None) -> None:
    """The stretches of the training: the usual three by one slider, or any number of them one by one."""
    st.segmented_control(
        "Phases",
        [USUAL, OWN],
        required=True,
        key="form_plan",
        persist_state="session",
        on_change=begin_with_the_usual,
        help="The usual three are a warm-up, distilling and fine-tuning. Phase by phase there may be more or fewer, "
        "each with a name, images, a learning rate, a temperature and an alpha of its own.",
    )
    if st.session_state.form_plan == OWN:
        _timeline()
        each_phase(teacher)
        return
    st.slider(
        "Where warm-up ends and fine-tuning begins",
        0,
        100,
        step=5,
        format="%d%%",
        key="form_phases",
        persist_state="session",
        help=help_of("phases"),
    )
    first, second = st.session_state.form_phases
    st.caption(f"Warm-up {first}% · distil {second - first}% · fine-tune {100 - second}% of the training")
    _timeline()
    st.segmented_control(
        "Fine-tune with",
        [KEEP, LABELS, CLASSES] if taught() else [KEEP, LABELS],
        format_func=lambda ending: "Some kinds" if ending == CLASSES and not of_images() else ending,
        required=True,
        key="form_fine_tune",
        persist_state="session",
        disabled=not taught() or second == 100,
        help="By default the teacher stays and steps are smaller; labels alone or some classes can eat what it gave.",
    )
    st.caption("What the last phase learns from.")
    if st.session_state.form_fine_tune == CLASSES and taught():
        _classes(teacher)


def _timeline() -> None:
    """Temperature, alpha and learning rate over the phases, while there is a teacher and no input is wrong."""
    config = so_far()
    if config is None or config.teacher is None:
        return
    try:
        found = timeline(config)
    except ConfigError:  # a method that does not exist, which is told above Start
        return
    figure = timeline_curves(found.frame, found.phases, steps=STEPS)
    alt = "Temperature, weight of soft labels and learning rate over the phases of the training"
    chart = payload(figure, name="timeline", version=config.fingerprint(), alt=alt, height=HEIGHT, toolbar=False)
    live_chart(chart, key="timeline", height=HEIGHT)


def _classes(teacher: TeacherChoice | None) -> None:
    """By name where the teacher's names are known, else by number."""
    names = class_names(teacher)
    known = sorted({*names, *base().phases[-1].classes})
    st.multiselect(
        "Classes to fine-tune on" if of_images() else "Kinds of prompt to fine-tune on",
        known,
        format_func=lambda number: names.get(number, f"class {number}"),
        key="form_classes",
        persist_state="session",
        help=help_of("phases.classes"),
    )
    if not st.session_state.form_classes:
        st.caption(f":material/touch_app: Choose at least one {'class' if of_images() else 'kind'}.")


def training() -> None:
    """Length, batch size, seed and the baseline."""
    for column, name, step in zip(
        st.columns(3, gap="small"), ("epochs", "batch_size", "seed"), (1, 16, 1), strict=True
    ):
        with column:
            st.number_input(NAMES[name], step=step, key=f"form_{name}", persist_state="session", help=help_of(name))
            st.caption(line_of(name))
    told_here("Epochs", "Batch size", "Seed")
    st.toggle(
        f":orange[●] {NAMES['baseline']}",
        key="form_baseline",
        persist_state="session",
        disabled=not taught(),
        help=f"{compared(so_far() or base())} {explanation('baseline').why}",
    )
    st.caption(line_of("baseline"))
