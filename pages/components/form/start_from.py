"""What the form can begin from: a preset, or a configuration that was saved before."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.presets import load
from distill_core.presets.about import ABOUT
from pages.components.form.state import base, fill_form

LARGEST_KB = 256
_TAKEN, _UPLOAD = "form_presets_taken", "form_file"


def choose_a_preset() -> None:
    """Fills the form from one of the presets that teach a student of this kind."""
    fitting = {name: about for name, about in ABOUT.items() if load(name).task == base().task}
    with st.popover("Presets", icon=":material/auto_stories:", key=f"presets-{st.session_state.get(_TAKEN, 0)}"):
        for name, about in fitting.items():
            with st.container(gap="xxsmall"):
                st.button(
                    about.title,
                    key=f"preset-{name}",
                    on_click=_take,
                    args=(name,),
                    icon=":material/check:" if base().name == name else None,
                    help=about.source or None,
                    width="stretch",
                )
                st.caption(about.says)


def _take(preset: str) -> None:
    """Fills the form; a list of another name is drawn anew, and so closed."""
    fill_form(load(preset))
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def open_a_file() -> None:
    """Fills the form from a configuration that was saved before."""
    with st.popover("Open a configuration", icon=":material/file_open:", key="open-configuration"):
        st.file_uploader(
            "A JSON file saved from this form, or the config.json of a run",
            type="json",
            key=_UPLOAD,
            on_change=_read_file,
        )
        if wrong := st.session_state.get("form_file_wrong"):
            st.error(wrong, icon=":material/error:")


def _read_file() -> None:
    """Takes the file over if it can be read whole; the form is left as it is otherwise."""
    file: Any = st.session_state[_UPLOAD]
    st.session_state.form_file_wrong = None
    if file is None:
        return
    if file.size > 1024 * LARGEST_KB:
        st.session_state.form_file_wrong = (
            f"{file.name} has {file.size / 1024:,.0f} kB, and no configuration has more than {LARGEST_KB}. Open the "
            "config.json of a run, or a file saved from this form."
        )
        return
    try:
        fill_form(DistillConfig.parse(json.loads(file.getvalue())))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        st.session_state.form_file_wrong = f"{file.name} is not JSON ({error}). Nothing was changed."
    except ConfigError as error:
        st.session_state.form_file_wrong = f"{file.name}: {error} Nothing was changed."
