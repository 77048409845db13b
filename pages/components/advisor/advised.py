"""What is advised: a sentence for each choice with the study that shows it, the way to Train, and who was weighed."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from distill_core.errors import ConfigError
from distill_core.presets import BEGINNINGS
from distill_core.studies.advice import Advice, Reason, table
from distill_core.studies.offers import offers
from distill_core.studies.weighing import Case
from pages.components.advisor.larger import measure_larger
from pages.components.as_text import as_text
from pages.components.links import leading, link_to_configuration
from pages.components.studies.shelf import PAGE


def advised(advice: Advice, case: Case) -> None:
    """The answer to a case."""
    st.markdown("#### Begin with this" if advice.settings is not None else "#### Nothing measured fits")
    for reason in advice.reasons:
        _reason(reason)
    _offered(advice, case)
    if advice.settings is None and case.goal == "small" and advice.fitting:
        measure_larger(advice.fitting[-1])
    st.page_link(
        PAGE, label="Run a study of your own", icon=":material/science:", query_params={"new": "1"}, width="content"
    )
    if advice.candidates:
        st.markdown("#### Students that were weighed")
        st.dataframe(
            list(table(advice.candidates, case, advice.measured if advice.settings is not None else None)),
            hide_index=True,
            width="stretch",
            height="content",
            alt="Students that were weighed",
        )
        st.caption(
            "Each at the number of labels nearest to yours or at fewer that did better; means over seeds with their "
            "95% intervals. Of unequal epochs the longer has an advantage. A file nobody made has at least four bytes "
            "a parameter."
        )


def _offered(advice: Advice, case: Case) -> None:
    """A link to the Train page for each configuration, and what is known of it."""
    try:
        found = offers(advice, case)
    except ConfigError as error:
        st.error(f"What is advised cannot be put together. {error}", icon=":material/error:")
        return
    if not found:
        return
    st.markdown("#### Train it")
    for place, offer in enumerate(found):
        with st.container(gap="xsmall"):
            with leading() if place == 0 else nullcontext():
                link_to_configuration(offer.title, offer.config, BEGINNINGS[case.task])
            st.caption(offer.sentence)


def _reason(reason: Reason) -> None:
    """A claim and where it comes from."""
    with st.container(border=True, gap="small"):
        st.markdown(f"**{reason.about}** &nbsp; {reason.sentence}")
        found = reason.evidence
        if found is None:
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            made = f"recorded on {found.where}" if found.where else "made here"
            seeds = f"{found.row.seeds} seed{'s' if found.row.seeds != 1 else ''}"
            st.caption(f"“{as_text(found.row.variant)}”, {seeds}, {made}", width="content")
            st.page_link(
                PAGE,
                label=as_text(found.title),
                icon=":material/science:",
                query_params={"study": found.study, **({"shown": "recorded"} if found.where else {})},
                width="content",
            )
