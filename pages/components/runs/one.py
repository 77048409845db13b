"""What can be done with the one run that is ticked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.words import duration
from distill_core.runs.records import RunRecord
from distill_core.runs.remarks import LONGEST_NOTE
from distill_core.runs.search import tags_of
from pages.components.as_text import as_text
from pages.components.form.state import fill_form
from pages.components.jobs import manager
from pages.components.runs.download import download
from pages.components.runs.log import log
from pages.components.runs.put_aside import put_aside
from pages.components.status import badge

TRAIN = "pages/train.py"


def one_run(record: RunRecord, known: Sequence[RunRecord]) -> None:
    """The run's panel.

    Args:
        record: the run.
        known: all runs, for the tags that there are.
    """
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {as_text(record.name or record.id)}", width="content")
            badge(record.status)
        st.caption(_facts(record))
        _actions(record)
        _remarks(record, known)
        log(record)


def _facts(record: RunRecord) -> str:
    parts = [record.id, f"begun {datetime.fromtimestamp(record.created):%Y-%m-%d %H:%M}"]
    if record.started and record.ended:
        parts.append(f"took {duration(record.ended - record.started)}")
    if record.error:
        parts.append(record.error)
    return " · ".join(parts)


def _actions(record: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Open", icon=":material/open_in_full:", type="primary", key="open"):
            st.switch_page(TRAIN, query_params={"run": record.id})
        if st.button(
            "Clone",
            icon=":material/content_copy:",
            key="clone",
            on_click=fill_form,
            args=(record.config,),
            help="Opens the form with these settings; change what you like and start it.",
        ):
            st.switch_page(TRAIN, query_params={})  # without it a filter in the address would forbid to leave
        download(record)
        st.button(
            "Delete",
            icon=":material/delete:",
            key="delete",
            on_click=put_aside,
            args=([record.id],),
            disabled=record.live,
            help="Stop the run first." if record.live else "It can be brought back for seven days.",
        )


def _remarks(record: RunRecord, known: Sequence[RunRecord]) -> None:
    """Name, tags and note; each is kept as soon as it is changed."""
    name, tags, note = (f"run-{what}-{record.id}" for what in ("name", "tags", "note"))
    with st.grid(3, min_column_width=240, gap="medium"):
        st.text_input(
            "Name",
            record.name,
            max_chars=80,
            key=name,
            on_change=partial(_keep, record.id, "name", name),
            help="Empty takes the first name back.",
        )
        st.multiselect(
            "Tags",
            sorted({*tags_of(known), *record.tags}, key=str.casefold),
            default=list(record.tags),
            key=tags,
            accept_new_options=True,
            placeholder="choose, or type a new one",
            on_change=partial(_keep, record.id, "tags", tags),
        )
        st.text_area(
            "Note",
            record.note,
            max_chars=LONGEST_NOTE,
            height=70,
            key=note,
            placeholder="What you tried, and what came of it",
            on_change=partial(_keep, record.id, "note", note),
        )


def _keep(run_id: str, what: str, key: str) -> None:
    try:
        manager().remark(run_id, **{what: st.session_state[key]})
        if what != "note":
            record = manager().store.get(run_id)
            st.session_state[key] = record.name if what == "name" else list(record.tags)
    except DistillError as error:
        st.toast(str(error), icon=":material/error:")
