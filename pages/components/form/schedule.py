"""How the student learns: phases, length, portions, and beside which baseline."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.baseline import compared
from distill_core.insight.choices import TeacherChoice
from distill_core.task import task_named
from pages.components.form.problems import told_here
from pages.components.form.state import base, noun, of_images, so_far, taught
from pages.components.form.values import CLASSES, KEEP, LABELS, OWN, USUAL, values_of

_EASIEST = {"vision": "the teacher finds easiest", "language": "with the fewest steps"}


def phases(teacher: TeacherChoice | None) -> None:
    """The stretches of the training; phases that these inputs cannot say are kept until the usual ones are chosen."""
    if values_of(base())["plan"] == OWN:
        st.segmented_control("Phases", [OWN, USUAL], required=True, key="form_plan", persist_state="session")
        if st.session_state.form_plan == OWN:
            lengths = " · ".join(f"{phase.name} {phase.share:.0%}" for phase in base().phases)
            st.caption(f"{lengths} of the training, each as in that run")
            return
    st.slider(
        "Where warm-up ends and fine-tuning begins",
        0,
        100,
        step=5,
        format="%d%%",
        key="form_phases",
        persist_state="session",
        help=f"Warm-up uses the {noun()} {_EASIEST[base().task]}; distil uses all; fine-tune takes smaller steps.",
    )
    first, second = st.session_state.form_phases
    st.caption(f"Warm-up {first}% · distil {second - first}% · fine-tune {100 - second}% of the training")
    st.segmented_control(
        "Fine-tune with",
        [KEEP, LABELS, CLASSES] if taught() else [KEEP, LABELS],
        format_func=lambda ending: "Some kinds" if ending == CLASSES and not of_images() else ending,
        required=True,
        key="form_fine_tune",
        persist_state="session",
        disabled=not taught() or second == 100,
        help="What the last phase learns from.",
    )
    if st.session_state.form_fine_tune == CLASSES and taught():
        _classes(teacher)


def _classes(teacher: TeacherChoice | None) -> None:
    """By name where the teacher's names are known, else by number."""
    chosen = base().model_copy(update={"dataset": st.session_state.form_dataset})
    groups = task_named(base().task).foreseen(chosen).kinds
    names = dict(enumerate(groups or (teacher.classes if teacher else ())))
    known = sorted({*names, *base().phases[-1].classes})
    st.multiselect(
        "Classes to fine-tune on" if of_images() else "Kinds of prompt to fine-tune on",
        known,
        format_func=lambda number: names.get(number, f"class {number}"),
        key="form_classes",
        persist_state="session",
    )
    if not st.session_state.form_classes:
        st.caption(f":material/touch_app: Choose at least one {'class' if of_images() else 'kind'}.")


def training() -> None:
    """Length, batch size, seed and the baseline."""
    one, two, three = st.columns(3, gap="small")
    one.number_input("Epochs", step=1, key="form_epochs", persist_state="session")
    two.number_input("Batch size", step=16, key="form_batch_size", persist_state="session")
    three.number_input("Seed", step=1, key="form_seed", persist_state="session")
    told_here("Epochs", "Batch size", "Seed")
    st.toggle(
        ":orange[●] Train the baseline too",
        key="form_baseline",
        persist_state="session",
        disabled=not taught(),
        help=f"{compared(so_far() or base())} It is trained once and kept for later runs. Without it nobody can say "
        "what the teacher added.",
    )
