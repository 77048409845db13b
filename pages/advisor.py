"""From a case to a student and a way to teach it, going by what was measured."""

from __future__ import annotations

import streamlit as st

from distill_core.studies.advice import advise
from pages.components.advisor.advised import advised
from pages.components.advisor.case import asked_case
from pages.components.advisor.known import known_evidence
from pages.components.navigation import enter

enter()
st.title("Which student, and how to teach it?")
st.markdown("Say what you have and what you want. Every claim below names the study that it comes from.")
case = asked_case()
st.space("small")
advised(advise(case, known_evidence()), case)
