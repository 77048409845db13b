"""What the student copies beside the soft labels: methods family by family, each with its weight, phases and layers."""

from __future__ import annotations

import math
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from distill_core.config import DistillConfig
from distill_core.config.explained import explanation
from distill_core.insight.levels import counted, reads_alpha
from distill_core.losses.registry import LOSSES
from pages.components.form.layer_maps import choose_layers, show_layers
from pages.components.form.state import base, form, noun, of_images, so_far, taught
from pages.components.form.values import METHODS, phase_names, values_of
from pages.components.form.words import NAMES, help_of, line_of

FRONT = ("intermediate feature matching", "attention transfer")
"""Beside soft labels, which temperature and alpha weigh."""
MORE = (
    "spatial feature alignment",
    "multi-scale distillation",
    "classifier distillation",
    "relations between samples",
    "transformers",
    "soft labels",
)
MANY = 3
"""More methods than stand well below each other."""


def methods() -> list[str]:
    """The section; returns what keeps the run from starting."""
    st.markdown("#### Methods")
    if not taught():
        st.caption("They copy more of a teacher than its answers; choose a teacher first.")
        return []
    st.caption(
        "The student can copy more than the answers. Every method chosen here joins the loss with its own weight."
    )
    with _grid():
        with st.container(gap="small"):
            st.markdown(":small[**Soft labels**]")
            st.caption(_on_soft_labels())
        for family in FRONT:
            _family(family)
    chosen = any(st.session_state[f"form_use_{name}"] for family in MORE for name in _methods_of(family))
    with st.expander("More methods", icon=":material/add_circle:", key="more_methods", expanded=chosen):
        _families(MORE)
    config = so_far()
    refused = [name for name in METHODS if st.session_state[f"form_use_{name}"] and not _method(name, config)]
    st.toggle(
        NAMES["gradient_shares"],
        key="form_gradient_shares",
        persist_state="session",
        help=help_of("gradient_shares"),
    )
    st.caption(line_of("gradient_shares"))
    return [
        f"{LOSSES[name].title} does not fit this student and teacher as asked; the reason is in its box above."
        for name in refused
    ]


def _on_soft_labels() -> str:
    """Whether they count; a run that begins from another, from a preset or a link, may have switched them off."""
    config = so_far()
    if config is not None and taught() and "kd" not in counted(config):
        return "Off, as these settings have it."
    if config is not None and not reads_alpha(config):
        return "On already, with weights of its own. Other ways to copy answers are among more methods."
    return "On already: temperature and alpha say how. Other ways to copy answers are among more methods."


def _families(families: tuple[str, ...]) -> None:
    """Small families stand side by side; one of many methods has a row of its own."""
    shown = [family for family in families if _methods_of(family)]
    for large, group in groupby(shown, lambda family: len(_methods_of(family)) > MANY):
        if large:
            for family in group:
                st.markdown(f":small[**{family.capitalize()}**]")
                with _grid():
                    for name in _methods_of(family):
                        _choice(name)
            continue
        with _grid():
            for family in group:
                _family(family)


def _family(family: str) -> None:
    """Its methods below each other, if any suits these inputs."""
    if names := _methods_of(family):
        with st.container(gap="small"):
            st.markdown(f":small[**{family.capitalize()}**]")
            for name in names:
                _choice(name)


def _methods_of(family: str) -> list[str]:
    return [name for name in METHODS if LOSSES[name].family == family and LOSSES[name].suits(images=of_images())]


def _grid() -> DeltaGenerator:
    return st.grid(3, min_column_width=260, gap="medium")


def _choice(name: str) -> None:
    info = LOSSES[name]
    labels = f" On {noun()} without a label it takes the teacher's class." if info.labels else ""
    with st.container(gap=None):
        st.checkbox(
            info.title,
            key=f"form_use_{name}",
            persist_state="session",
            help=f"{info.sentence}{labels}\n\n{info.source}",
        )
        st.caption(info.sentence)


def _method(name: str, config: DistillConfig | None) -> bool:
    """The settings of a chosen method; returns whether its layers can be paired."""
    info = LOSSES[name]
    with st.container(border=True):
        st.markdown(f"**{info.title}** &nbsp; :gray[:small[{info.source}]]")
        weight, phases, layers, more = st.columns([2, 4, 4, 2], gap="medium", vertical_alignment="bottom")
        weight.number_input(
            "Weight",
            step=_step(info.weight),
            format="%g",
            key=f"form_weight_{name}",
            persist_state="session",
            help=f"{help_of('terms.weight')} Published: {info.weight:g}.",
        )
        known = list(phase_names(values_of(base()) | form()))
        on = f"form_on_{name}"
        if not set(st.session_state[on]) <= set(known):
            st.session_state[on] = [phase for phase in st.session_state[on] if phase in known]
        phases.multiselect(
            explanation("terms.phases").title,
            known,
            key=on,
            persist_state="session",
            placeholder="all of them",
            help=help_of("terms.phases"),
        )
        choose_layers(name, layers)
        with more:
            _details(name)
        return show_layers(name, config)


def _details(name: str) -> None:
    """What the method's own paper leaves to the user."""
    with st.popover("Details", icon=":material/tune:"):
        st.slider(
            explanation("terms.warmup").title,
            0,
            100,
            step=5,
            format="%d%%",
            key=f"form_warmup_{name}",
            persist_state="session",
            help=help_of("terms.warmup"),
        )
        for option, about in LOSSES[name].options.items():
            key = f"form_option_{name}_{option}"
            if isinstance(about.default, bool):
                st.toggle(about.title, key=key, persist_state="session")
            else:
                st.number_input(
                    about.title,
                    step=_step(about.default),
                    format="%g",
                    key=key,
                    persist_state="session",
                    help=f"Published: {about.default:g}.",
                )


def _step(default: float) -> float:
    """A round number, some way below the default: 0.1 for 1, 100 for 1000, 0.01 for 0.07."""
    if not default:
        return 0.1
    return float(10 ** math.floor(math.log10(default / 4)))
