"""What the student learns from: labels, and the teacher's softened answers."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.choices import TeacherChoice
from distill_core.insight.levels import reads_alpha, reads_temperature
from pages.components.form.problems import told_here
from pages.components.form.state import base, of_images, so_far, taught
from pages.components.form.values import ALL, FILE, SOME
from pages.components.form.words import NAMES, help_of, line_of

FILE_OF_LABELS = NAMES["labels_file"]


def labels(teacher: TeacherChoice | None) -> None:
    """How many labels the student may see."""
    with st.container(horizontal=True, gap="medium"):
        st.segmented_control(
            "Labels the student may see",
            [ALL, SOME, FILE] if of_images() else [ALL, SOME],
            required=True,
            key="form_budgeted",
            persist_state="session",
            help=help_of("label_budget"),
        )
        if st.session_state.form_budgeted == FILE:
            st.text_input(
                FILE_OF_LABELS,
                key="form_labels_file",
                persist_state="session",
                placeholder="/home/me/labels.csv",
                help=help_of("labels_file"),
                width=300,
            )
        else:
            st.number_input(
                "How many",
                step=100,
                key="form_budget",
                persist_state="session",
                disabled=st.session_state.form_budgeted == ALL,
                width=150,
            )
    told_here("Labels", FILE_OF_LABELS)
    seen = f" The teacher saw {teacher.labels_seen:,}." if teacher and teacher.labels_seen else ""
    evenly = f"Chosen evenly over the {'classes' if of_images() else 'kinds of prompt'}."
    chosen = "Those of the file." if st.session_state.form_budgeted == FILE else evenly
    st.caption(f"{chosen} Validation uses labels of its own, outside this number.{seen}")


def own_texts() -> None:
    """In how many steps the student writes what it learns from; of images there is nothing to write."""
    if of_images():
        return
    st.slider(
        NAMES["on_policy"],
        0,
        100,
        step=5,
        format="%d%%",
        key="form_on_policy",
        persist_state="session",
        disabled=not taught(),
        help=help_of("on_policy"),
    )
    told_here(NAMES["on_policy"])


def objective() -> None:
    """How the two terms are made and weighed."""
    temperature = float(base().objective.temperature)
    config = so_far()
    softens = config is None or reads_temperature(config)
    weighs = config is None or reads_alpha(config)
    st.slider(
        "Temperature",
        min(1.0, temperature),
        max(20.0, temperature),
        step=0.5,
        format="%.4g",
        key="form_temperature",
        persist_state="session",
        disabled=not (taught() and softens),
        help=help_of("temperature"),
    )
    st.caption(line_of("temperature"))
    st.slider(
        "Alpha, the weight of the teacher's term",
        0.0,
        1.0,
        step=0.05,
        format="%.4g",
        key="form_alpha",
        persist_state="session",
        disabled=not (taught() and weighs),
        help=help_of("alpha"),
    )
    st.caption(line_of("alpha"))
    unread = [name for name, is_read in (("temperature", softens), ("alpha", weighs)) if not is_read]
    if taught() and unread:
        st.caption(f"Nothing that counts in these settings reads {' or '.join(unread)}.")
