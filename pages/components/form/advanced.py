"""What most runs leave alone: optimiser, augmentation and machine.

Numbers have no bounds here: an input that refuses a number keeps the last one, and the run would take that.
"""

from __future__ import annotations

import streamlit as st

from pages.components.form.problems import told_here
from pages.components.form.state import base, noun, of_images, taught
from pages.components.form.values import OWN
from pages.components.form.words import NAMES, help_of

PRECISIONS = {"32-true": "32 bits", "bf16-mixed": "bfloat16, mixed", "16-mixed": "16 bits, mixed"}
_OPTIMISERS = {"sgd": "SGD", "adamw": "AdamW"}


def advanced() -> None:
    """The folded part of the form."""
    with st.expander("Advanced", icon=":material/tune:", key="advanced"):
        left, middle, right = st.columns(3, gap="large")
        with left:
            _optimiser()
        with middle:
            if of_images():
                _augmentation()
            else:
                _kept_answers()
            _warm_up()
        with right:
            _machine()


def _optimiser() -> None:
    st.selectbox(
        NAMES["optimiser"],
        list(_OPTIMISERS),
        format_func=_OPTIMISERS.__getitem__,
        key="form_optimiser",
        persist_state="session",
        help=help_of("optimiser"),
    )
    _number("learning_rate", step=0.01, format="%g")
    _number("weight_decay", step=0.0001, format="%g")
    st.selectbox(
        NAMES["lr_schedule"],
        ["cosine", "constant"],
        key="form_lr_schedule",
        persist_state="session",
        help=help_of("lr_schedule"),
    )
    _number("clip_norm", step=0.5, format="%g")


def _number(name: str, *, step: float, format: str | None = None, disabled: bool = False) -> None:
    """The input of a setting, whose null is shown as 0."""
    st.number_input(
        NAMES[name],
        step=step,
        format=format,
        key=f"form_{name}",
        persist_state="session",
        disabled=disabled,
        help=help_of(name, null="0"),
    )


def _toggle(name: str) -> None:
    st.toggle(NAMES[name], key=f"form_{name}", persist_state="session", help=help_of(name))


def _augmentation() -> None:
    _number("crop_padding", step=1)
    _toggle("flip")
    _toggle("randaugment")
    _number("mixup", step=0.1, format="%g")
    _number("cutmix", step=0.1, format="%g")
    _number("draws", step=1)


def _kept_answers() -> None:
    _number("top_k", step=8, disabled=not taught())
    told_here(NAMES["top_k"])


def _warm_up() -> None:
    easiest = round(100 * base().phases[0].easiest)
    st.slider(
        f"Easiest {noun()} in warm-up",
        min(5, easiest),
        100,
        step=5,
        format="%d%%",
        key="form_easiest",
        persist_state="session",
        disabled=not taught() or st.session_state.form_plan == OWN,
        help=help_of("phases.easiest"),
    )


def _machine() -> None:
    given = base().hardware.precision
    options = [*PRECISIONS, *([given] if given not in PRECISIONS else [])]
    st.selectbox(
        NAMES["precision"],
        options,
        format_func=lambda name: PRECISIONS.get(name, name),
        key="form_precision",
        persist_state="session",
        help=help_of("precision"),
    )
    _number("micro_batch", step=8)
    told_here(NAMES["micro_batch"])
    _number("threads", step=1)
