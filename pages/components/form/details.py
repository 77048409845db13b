"""Each phase in detail: what the warm-up draws from, its learning rate, and temperatures and alphas that change."""

from __future__ import annotations

import streamlit as st

from distill_core.config import PHASE_NAMES
from distill_core.config.explained import explanation
from pages.components.form.state import of_images, taught
from pages.components.form.values import LABELS, USUAL, WARM_UP_POOLS
from pages.components.form.words import NAMES, help_of

POOLS = {
    "all": "All",
    "easiest": "The easiest",
    "curriculum": "The easiest at first, then ever more",
    "labelled": "The labelled ones",
    "classes": "Some classes",
}
EASE = {
    "teacher-confidence": "the teacher is surest of",
    "teacher-loss": "the teacher gets right most clearly",
    "student-loss": "the student itself finds easiest",
}
_STEPS = {"temperature": 0.5, "alpha": 0.05}


def details() -> None:
    """The folded part; only the usual three phases have it."""
    if not taught() or st.session_state.form_plan != USUAL:
        return
    with st.expander("Each phase in detail", icon=":material/timeline:", key="each_phase"):
        for i, (column, name) in enumerate(zip(st.columns(3, gap="large"), PHASE_NAMES, strict=True)):
            with column:
                st.markdown(f"**{name.capitalize()}**")
                if i == 0:
                    _pool()
                _learning_rate(i)
                if name == "fine-tune" and st.session_state.form_fine_tune == LABELS:
                    st.caption("Learns from labels alone, so there is nothing to soften or to weigh.")
                    continue
                level("temperature", i)
                level("alpha", i)


def _pool() -> None:
    st.selectbox(
        explanation("phases.pool").title,
        WARM_UP_POOLS,
        format_func=POOLS.__getitem__,
        key="form_warm_up_pool",
        persist_state="session",
        help=help_of("phases.pool"),
    )
    if not of_images():  # a prompt says itself how hard it is
        return
    st.selectbox(
        explanation("phases.ease").title,
        list(EASE),
        format_func=EASE.__getitem__,
        key="form_ease",
        persist_state="session",
        disabled=st.session_state.form_warm_up_pool == "all",
        help=help_of("phases.ease"),
    )


def _learning_rate(i: int) -> None:
    st.number_input(
        NAMES["lr_scale"],
        step=0.1,
        format="%g",
        key=f"form_lr_scale_{i}",
        persist_state="session",
        help=help_of("phases.lr_scale"),
    )


def level(what: str, i: int, of: str = "") -> None:
    """A constant or a ramp of this phase's own, or the run's; `of` begins the names of the inputs."""
    own = f"form_{of}{what}_own_{i}"
    st.toggle(
        explanation(f"phases.{what}").title,
        key=own,
        persist_state="session",
        on_change=_begin_at_the_runs,
        args=(what, i, of),
        help=help_of(f"phases.{what}", null="off"),
    )
    if not st.session_state[own]:
        return
    for column, end in zip(st.columns(2, gap="small"), ("from", "to"), strict=True):
        column.number_input(
            f"{what.capitalize()} {end}",
            step=_STEPS[what],
            format="%g",
            key=f"form_{of}{what}_{end}_{i}",
            persist_state="session",
        )


def _begin_at_the_runs(what: str, i: int, of: str) -> None:
    if st.session_state[f"form_{of}{what}_own_{i}"]:
        for end in ("from", "to"):
            st.session_state[f"form_{of}{what}_{end}_{i}"] = float(st.session_state[f"form_{what}"])
