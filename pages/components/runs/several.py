"""What can be done with several runs at once."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.errors import DistillError
from distill_core.runs.records import RunRecord
from distill_core.runs.search import tags_of
from pages.components.jobs import manager
from pages.components.runs.put_aside import put_aside

_TAGS = "tags-for-several"


def several_runs(chosen: Sequence[RunRecord], known: Sequence[RunRecord]) -> None:
    """The panel of the ticked runs.

    Args:
        chosen: the ticked ones.
        known: all runs, for the tags that there are.
    """
    finished = [record.id for record in chosen if record.status == "finished"]
    over = [record.id for record in chosen if record.over]
    with st.container(border=True):
        st.markdown(f"#### {len(chosen)} runs")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if st.button(
                "Compare these",
                icon=":material/compare_arrows:",
                type="primary",
                key="compare",
                disabled=not finished,
                help=None if len(finished) == len(chosen) else f"{len(finished)} of them are finished.",
            ):
                st.switch_page("pages/compare.py", query_params={"runs": ",".join(finished)})
            st.button(
                "Delete",
                icon=":material/delete:",
                key="delete-several",
                on_click=put_aside,
                args=(over,),
                disabled=not over,
                help=_of_those_that_go_on(len(chosen) - len(over)) or "They can be brought back for seven days.",
            )
            st.multiselect(
                "Tags to add",
                tags_of(known),
                key=_TAGS,
                accept_new_options=True,
                placeholder="choose, or type a new one",
                width=280,
            )
            st.button(
                "Tag them",
                icon=":material/label:",
                key="tag-several",
                on_click=_tag,
                args=(chosen,),
                disabled=not st.session_state[_TAGS],
            )


def _of_those_that_go_on(many: int) -> str:
    return f"{many} of them still go{'es' if many == 1 else ''} on and stay." if many else ""


def _tag(chosen: Sequence[RunRecord]) -> None:
    """Adds the tags to those that each run has."""
    added: list[str] = st.session_state[_TAGS]
    try:
        for record in chosen:
            manager().remark(record.id, tags=[*record.tags, *added])
    except DistillError as error:
        st.toast(str(error), icon=":material/error:")
    st.session_state[_TAGS] = []
