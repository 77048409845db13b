"""Each phase in detail: what the warm-up draws from, its learning rate, and temperatures and alphas that change."""

from __future__ import annotations

import streamlit as st

from distill_core.config import PHASE_NAMES
from pages.components.form.state import of_images, taught
from pages.components.form.values import LABELS, USUAL, WARM_UP_POOLS

_POOLS = {"all": "All", "easiest": "The easiest", "curriculum": "The easiest at first, then ever more"}
_EASE = {
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
                _level("temperature", i)
                _level("alpha", i)


def _pool() -> None:
    st.selectbox(
        "Draws from", WARM_UP_POOLS, format_func=_POOLS.__getitem__, key="form_warm_up_pool", persist_state="session"
    )
    if not of_images():  # a prompt says itself how hard it is
        return
    st.selectbox(
        "Easy are the images that …",
        list(_EASE),
        format_func=_EASE.__getitem__,
        key="form_ease",
        persist_state="session",
        disabled=st.session_state.form_warm_up_pool == "all",
    )


def _learning_rate(i: int) -> None:
    st.number_input(
        "Learning rate, times",
        step=0.1,
        format="%g",
        key=f"form_lr_scale_{i}",
        persist_state="session",
        help="Multiplies the learning rate during this phase.",
    )


def _level(what: str, i: int) -> None:
    """A constant or a ramp of this phase's own, or the run's."""
    own = f"form_{what}_own_{i}"
    st.toggle(
        f"{what.capitalize()} of its own",
        key=own,
        persist_state="session",
        on_change=_begin_at_the_runs,
        args=(what, i),
        help="Goes in a straight line from the phase's first step to its last.",
    )
    if not st.session_state[own]:
        return
    for column, end in zip(st.columns(2, gap="small"), ("from", "to"), strict=True):
        column.number_input(
            f"{what.capitalize()} {end}",
            step=_STEPS[what],
            format="%g",
            key=f"form_{what}_{end}_{i}",
            persist_state="session",
        )


def _begin_at_the_runs(what: str, i: int) -> None:
    if st.session_state[f"form_{what}_own_{i}"]:
        for end in ("from", "to"):
            st.session_state[f"form_{what}_{end}_{i}"] = float(st.session_state[f"form_{what}"])
