"""A run in one file to take away, made when it is asked for."""

from __future__ import annotations

from typing import BinaryIO

import streamlit as st

from distill_core.runs.parcel import CONTENTS, whole_run
from distill_core.runs.records import RunRecord
from pages.components.jobs import manager
from pages.components.packed import packed


def download(record: RunRecord) -> None:
    """The button."""
    st.download_button(
        "Download",
        data=lambda: _packed(record),
        file_name=f"{record.id}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key="download-run",
        help=CONTENTS,
    )


def _packed(record: RunRecord) -> BinaryIO:
    return packed(record.id, whole_run(record, manager().store.events(record.id)))
