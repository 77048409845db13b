"""The run that the form describes, said in other ways: a command, Python, a link, a file."""

from __future__ import annotations

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.insight.settings import fits_a_line, python_code, terminal_command
from distill_core.presets import load
from pages.components.links import query_of

FILE = "my-run.json"


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


def _address() -> str:
    return str(st.context.url or "").partition("?")[0]
