"""The list of studies, and what each says in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.runs.records import RunRecord
from distill_core.studies.outcome import variant_rows
from distill_core.studies.plan import StudyPlan
from distill_core.studies.reading import headline
from pages.components.jobs import manager
from pages.components.studies.shelf import PAGE, Study, standing_of, studies


def study_list() -> None:
    """All studies, the user's own first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Studies", anchor=False, width="content")
        st.space("stretch")
        if st.button("New study", type="primary", icon=":material/add:", key="new-study"):
            st.switch_page(PAGE, query_params={"new": "1"})
    st.markdown(
        "A study runs variants of one setting or two, each with several seeds, so that a difference can be told "
        "from chance."
    )
    found = studies()
    if not found:
        st.caption("There is none yet. A new one can start from a preset or from a finished run.")
        return
    known = manager().store.list(role="run")
    own = [study for study in found if study.recorded is None]
    recorded = [study for study in found if study.recorded is not None]
    if own:
        st.markdown("#### Yours")
        for study in own:
            card(study, known)
    if recorded:
        st.markdown("#### Recorded")
        st.caption("They were run elsewhere and ship with their results.")
        for study in recorded:
            card(study, known)


def card(study: Study, known: Sequence[RunRecord]) -> None:
    """A study in a sentence, how far it is, and the way to it."""
    plan, recorded = study.plan, study.recorded
    total = len(plan.variants) * len(plan.seeds)
    rows = recorded.rows if recorded is not None else standing_of(tuple(plan.jobs()), known).rows
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{study.title}**", width="content")
            if recorded is not None:
                st.badge("recorded", icon=":material/inventory_2:", color="gray")
            st.space("stretch")
            st.caption(f"{size_of(plan)} · {len(rows)} of {total} runs finished", width="content")
            st.page_link(
                PAGE, label="Open", icon=":material/open_in_full:", query_params=study.address, width="content"
            )
        st.markdown(headline(plan, variant_rows(rows, [variant.name for variant in plan.variants])))


def size_of(plan: StudyPlan) -> str:
    """``7 variants × 3 seeds``."""
    return f"{count_of(len(plan.variants), 'variant')} × {count_of(len(plan.seeds), 'seed')}"


def count_of(number: int, what: str) -> str:
    """``3 seeds``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
