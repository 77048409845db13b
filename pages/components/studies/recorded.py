"""Recorded studies on the page that compares runs, so that it always has something to compare."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.measures import ACCURACY, MEASURES
from distill_core.studies.outcome import variant_rows
from pages.components.studies.listing import card
from pages.components.studies.opened import findings, made_by
from pages.components.studies.shelf import Study, studies


def recorded_studies(*, open_one: bool) -> None:
    """The studies that ship with their results, each in a sentence.

    Args:
        open_one: whether the one with most sizes of student is shown with its charts.
    """
    found = [study for study in studies() if study.recorded is not None]
    if not found:
        return
    first = max(found, key=_sizes) if open_one else None
    if first is not None:
        _charts(first)
    st.markdown("#### Recorded studies")
    st.caption("They were run elsewhere and ship with their results: variants side by side, each with several seeds.")
    for study in found:
        if study is not first:
            card(study, ())


def _sizes(study: Study) -> int:
    """How many sizes of student it compares."""
    assert study.recorded is not None
    return len({row.parameters for row in study.recorded.rows})


def _charts(study: Study) -> None:
    assert study.recorded is not None
    plan, rows = study.plan, study.recorded.rows
    found = variant_rows(rows, [variant.name for variant in plan.variants])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(study.title, anchor=False, width="content")
        st.badge("recorded", icon=":material/inventory_2:", color="gray")
    made_by(study, study.recorded)
    findings(plan, rows, found, MEASURES[ACCURACY])
