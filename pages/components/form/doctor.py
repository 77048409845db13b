"""What is known of the run before it starts, as a list to look over."""

from __future__ import annotations

import json

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.insight.doctor import Finding, told
from distill_core.studies.pace import in_words, training_seconds
from pages.components.jobs import manager

KEPT_SECONDS = 5.0
_ICONS = {"fine": ":material/check_circle:", "open": ":material/help:"}


def doctor(config: DistillConfig) -> None:
    """The findings, folded away; whatever is wrong or doubtful stands open above.

    Args:
        config: of a run that nothing refuses.
    """
    with st.expander("Before it starts", icon=":material/fact_check:", key="doctor"):
        for finding in (*_findings(config.to_json()), _time(config)):
            st.markdown(f"{_ICONS[finding.state]} &nbsp; **{finding.about}** &nbsp; {finding.sentence}")


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS)
def _findings(settings: str) -> list[Finding]:
    return told(DistillConfig.parse(json.loads(settings)))


def _time(config: DistillConfig) -> Finding:
    seconds = training_seconds(manager().store.list(), (config,))
    if seconds is None:
        return Finding("Time", "No run like it has finished here; the time left shows with the first steps.", "open")
    return Finding("Time", f"It takes {in_words(seconds)}.")
