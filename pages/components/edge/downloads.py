"""Everything of a run to take away."""

from __future__ import annotations

import streamlit as st

from distill_core.cards import CARD, WEIGHTS
from distill_core.errors import DistillError
from distill_core.insight.words import megabytes
from distill_core.runs.artefact import FILE_NAME
from distill_core.runs.model_card import model_card
from distill_core.runs.records import RunRecord
from distill_core.runs.take_away import CONFIGURATION, README, TakeAway, take_aways
from pages.components.jobs import record as find_record
from pages.components.packed import packed

WHAT = {
    FILE_NAME: "the model, for any ONNX runtime.",
    WEIGHTS: "the best weights, to go on from in PyTorch.",
    CARD: "classes, input and normalisation, for programs; the lines in the model card read it.",
    README: "what it is, how to use it, results and limits, for people.",
    CONFIGURATION: "the settings of the run, to start it again.",
}


def downloads(record: RunRecord) -> None:
    """A button a file, and one for all of them as an archive."""
    st.markdown("#### Take it away")
    found = take_aways(record)
    st.download_button(
        f"Everything · {len(found)} files in one zip",
        data=lambda: packed(record.id, take_aways(find_record(record.id) or record)),
        file_name=f"{record.id}.zip",
        mime="application/zip",
        type="primary",
        icon=":material/folder_zip:",
        on_click="ignore",
        key="take-all",
        width="stretch",
    )
    with st.grid(2, min_column_width=150, gap="small"):
        for each in found:
            _button(each)


def card(record: RunRecord) -> None:
    """The model card, folded; it is written when a reader unfolds it."""
    folded = st.expander("Read the model card", icon=":material/description:", key="read-card", on_change="rerun")
    if not folded.open:
        return
    with folded:
        try:
            st.markdown(model_card(record))
        except DistillError as error:
            st.warning(str(error), icon=":material/info:")


def _button(each: TakeAway) -> None:
    size = f" · {megabytes(each.bytes)}" if each.bytes is not None else ""
    st.download_button(
        f"{each.title}{size}",
        data=each.read,
        file_name=each.name,
        mime=each.mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"take-{each.name}",
        width="stretch",
        help=f"{each.name}: {WHAT[each.name]}",
    )
