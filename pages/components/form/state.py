"""The form's inputs in the session, under ``form_...``: they outlive a visit to another page and a failed start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.presets import load
from distill_core.task import task_named
from pages.components.form.values import NO_TEACHER, config_of, values_of


def fill_form(config: DistillConfig) -> None:
    """Sets every input to a configuration; for callbacks, or before the form is drawn."""
    st.session_state.form_base = config
    st.session_state.form_task = config.task
    st.session_state.form_each_copied = None
    for name, value in values_of(config).items():
        st.session_state[f"form_{name}"] = value


def fill_untouched_form() -> None:
    """A form that nobody has seen yet starts as the quickstart."""
    if "form_base" not in st.session_state:
        fill_form(load("quickstart"))


def base() -> DistillConfig:
    """The configuration the form was filled with."""
    config: DistillConfig = st.session_state.form_base
    return config


def form() -> dict[str, Any]:
    """What the inputs say now."""
    keys = {name: f"form_{name}" for name in values_of(base())}
    return {name: st.session_state[key] for name, key in keys.items() if key in st.session_state}


def of_images() -> bool:
    """Whether the run is about images; else about texts."""
    return base().task == "vision"


def noun() -> str:
    """What the inputs of the run are called."""
    return task_named(base().task).noun


def taught() -> bool:
    """Whether a teacher is chosen."""
    return bool(st.session_state.form_teacher != NO_TEACHER)


def so_far() -> DistillConfig | None:
    """What the inputs describe now; None while one of them is wrong."""
    try:
        return config_of(form(), base())
    except ConfigError:
        return None
