"""All that studies have shown so far, recorded ones and the user's own."""

from __future__ import annotations

import streamlit as st

from distill_core.studies import keeping
from distill_core.studies.evidence import Evidence, evidence_of
from pages.components.jobs import manager
from pages.components.studies.shelf import standing_of


def known_evidence() -> list[Evidence]:
    """One piece for each variant with a teacher that has finished runs."""
    own = keeping.kept(manager().store.home).values()
    stored = manager().store.list(role="run") if own else ()
    found = [
        each for plan in own for each in evidence_of(plan, standing_of(tuple(plan.jobs()), stored).rows)
    ]  # fmt: skip
    return [*found, *_recorded()]


@st.cache_resource(show_spinner=False)
def _recorded() -> list[Evidence]:
    return [
        each
        for study in keeping.recorded().values()
        for each in evidence_of(study.plan, study.rows, f"{study.machine}, {study.date}")
    ]
