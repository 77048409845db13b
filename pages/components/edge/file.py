"""The exported file: what goes in and comes out, and that it answers as the trained model does; or how to get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.edge.file_facts import FileFacts, file_facts
from distill_core.errors import DistillError
from distill_core.insight.words import at_most, megabytes, percent
from distill_core.runs.artefact import file_of
from distill_core.runs.records import RunRecord
from pages.components.beside import begin, going_on
from pages.components.edge.work import file_work, key_of
from pages.components.facts_table import facts_table


def file(record: RunRecord) -> None:
    """What is known of the file; without one, a button that makes it."""
    st.markdown("#### The file")
    onnx = (record.summary or {}).get("onnx")
    if onnx and file_of(record).is_file():
        _known(record, onnx)
        return
    if going_on(key_of("file", record)):
        return
    why = (record.summary or {}).get("onnx_why")
    st.markdown(
        "The file that was made is gone."
        if onnx
        else f"This run has no file: {why}"
        if why
        else "This run has no file yet: only its accuracy was asked for."
    )
    st.button(
        "Make the file",
        type="primary",
        icon=":material/deployed_code:",
        key="make-file",
        on_click=begin,
        args=(key_of("file", record), "Exporting the student and testing the file", file_work(record)),
    )
    st.caption(
        "Exports the best weights to ONNX, scores the file on the test images, and measures it. "
        "A large one takes minutes."
    )


def _known(record: RunRecord, onnx: dict[str, Any]) -> None:
    path = file_of(record)
    rows = [("Size", megabytes(onnx.get("bytes")))]
    trouble = ""
    try:
        found = _facts(str(path), path.stat().st_mtime_ns)
        rows += [
            ("Input", _ports(found.inputs)),
            ("Output", _ports(found.outputs)),
            ("Opset", str(found.opset)),
        ]
    except DistillError as error:
        trouble = str(error)
    if onnx.get("test_accuracy") is not None:
        rows.append(("Test accuracy of the file itself", f"**{percent(onnx['test_accuracy'])}**"))
    trained = ((record.summary or {}).get("student") or {}).get("accuracy")
    if trained is not None:
        rows.append(("Test accuracy of the trained model", percent(trained)))
    if onnx.get("parity_max_abs") is not None:
        rows.append(("No score differs by more than", at_most(onnx["parity_max_abs"])))
    facts_table(rows, alt="The exported file")
    if trouble:
        st.warning(trouble, icon=":material/info:")
    st.caption(f"`{path}`")


def _ports(ports: tuple[Any, ...]) -> str:
    return ", ".join(f"`{port}`" for port in ports)


@st.cache_data(show_spinner=False, max_entries=32)
def _facts(path: str, changed: int) -> FileFacts:  # noqa: ARG001  # changed: a file made anew is read anew
    return file_facts(Path(path))
