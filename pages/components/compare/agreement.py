"""Where the compared runs agree: worked out when it is asked for, beside the page, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.edge.jobs import ShouldStop
from distill_core.insight.agreement import furthest_apart
from distill_core.insight.words import percent
from distill_core.runs.agreement import Agreement, ask, known_agreement, that_can_answer
from distill_core.runs.records import RunRecord
from distill_core.task import task_named
from pages.components.beside import begin, going_on
from pages.components.jobs import manager

WITH_TEACHER = "its teacher"


def agreement(records: Sequence[RunRecord]) -> None:
    """The shares of equal answers, or the button that works them out; nothing for fewer than two runs."""
    asked = that_can_answer(records)
    if len(asked) < 2:
        return
    st.markdown("#### Where they agree")
    found = known_agreement(asked, manager().store.home)
    if found is not None:
        shown = in_words(asked, found)
        st.dataframe(shown, width="stretch", height="content", alt="Share of equal answers of each pair of runs")
        st.caption(said(asked, found))
        return
    key = f"agreement-{hashlib.sha256(' '.join(each.id for each in asked).encode()).hexdigest()[:16]}"
    if going_on(key):
        return
    noun = task_named(asked[0].config.task).scored(asked[0].config.dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Work it out",
            icon=":material/join_inner:",
            key="agreement",
            on_click=begin,
            args=(key, f"Asking {len(asked)} students about the test {noun}", _work(asked)),
        )
        st.caption(
            f"Asks each student about every test input once, in a process of its own, and keeps what it says: which "
            f"share of the {noun} do two runs answer alike?"
        )


def in_words(records: Sequence[RunRecord], found: Agreement) -> pd.DataFrame:
    """One row and one column a run, and one for its teacher where a run knows it."""
    names = [record.short for record in records]
    table = pd.DataFrame(found.shares, index=names, columns=names).map(percent)
    for at in range(len(names)):
        table.iloc[at, at] = "–"
    teachers: list[Any] = [(record.summary or {}).get("agreement") for record in records]
    if any(share is not None for share in teachers):
        table[WITH_TEACHER] = [percent(share) for share in teachers]
    return table


def said(records: Sequence[RunRecord], found: Agreement) -> str:
    """What the table shows, in sentences."""
    noun = task_named(records[0].config.task).scored(records[0].config.dataset)
    one, other, share = furthest_apart([record.short for record in records], found.shares)
    return (
        f"Share of {found.inputs:,} test {noun} that two runs answer alike, right or wrong. {one} and {other} are "
        f"furthest apart: {percent(share)}. Runs that are as accurate but agree little make different mistakes."
    )


def _work(records: Sequence[RunRecord]) -> Callable[[ShouldStop, Callable[[str], None]], None]:
    home = manager().store.home

    def work(should_stop: ShouldStop, _say: Callable[[str], None]) -> None:
        ask(records, home, should_stop)

    return work
