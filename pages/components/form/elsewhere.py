"""The run that the form describes, said in other ways: a command, Python, a link, a file; and read from a file."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.insight.settings import fits_a_line, python_code, terminal_command
from distill_core.presets import load
from pages.components.form.state import fill_form
from pages.components.links import query_of

FILE = "my-run.json"
LARGEST_KB = 256
_UPLOAD = "form_file"


def elsewhere(config: DistillConfig, preset: str) -> None:
    """The same run from a terminal, from Python, by a link, and in a file.

    Args:
        config: of the run.
        preset: from which the command and the link begin.
    """
    usual = load(preset)
    short = fits_a_line(config, usual)
    st.markdown("**The same run elsewhere**")
    terminal, python, link, file = st.tabs(["Terminal", "Python", "Link", "File"])
    with terminal:
        command = terminal_command(config, usual, preset) if short else f"python -m distill_core run {FILE}"
        st.code(command, language="bash", wrap_lines=True)
        if not short:
            st.caption(f"These settings are too long for a line: save {FILE} first, under “File”.")
    with python:
        st.code(python_code(config, usual, preset), language="python", wrap_lines=True)
    with link:
        st.code(f"{_address()}{query_of(config, preset)}", language=None, wrap_lines=True)
        st.caption("Whoever opens it finds this form set up, if this workbench and the files named are theirs too.")
    with file:
        st.download_button(
            f"Download {FILE}",
            config.to_json(),
            file_name=FILE,
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="configuration-file",
        )


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


def _address() -> str:
    return str(st.context.url or "").partition("?")[0]
