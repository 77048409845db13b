"""What the check of an uploaded file found, and whether it is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.admission import doubts_of
from distill_core.insight.measures import called, in_order, in_words
from distill_core.insight.words import count, percent
from distill_core.runs import uploaded_weights
from pages.components.beside import beside, forget, going_on
from pages.components.jobs import manager
from pages.components.teachers.shelf import PAGE


def key_of(file: Path) -> str:
    """The key of the work that checks a staged file."""
    return f"upload-{file.parent.name}"


def outcome(name: str) -> None:
    """What the check of this session's file found."""
    if refused := st.session_state.get("upload_refused"):
        st.error(refused, icon=":material/error:")
        return
    staged = st.session_state.get("upload_staged")
    if staged is None:
        return
    file = Path(staged)
    if going_on(key_of(file)):
        return
    work = beside(key_of(file))
    if work is None:
        return
    answer = work.aside.result
    with st.container(border=True):
        st.markdown(_found(answer))
        doubt = doubts_of(answer)
        if doubt:
            st.warning(doubt, icon=":material/info:")
        with st.container(horizontal=True, gap="small"):
            if st.button(
                f"Keep it as {name or 'a teacher'}",
                type="secondary" if doubt else "primary",
                icon=":material/save:",
                key="keep-upload",
                disabled=not name,
            ):
                _keep(file, name)
            st.button("Discard", icon=":material/close:", key="discard-upload", on_click=discard, args=(file,))


def _found(answer: dict[str, Any]) -> str:
    """What fits, and how good it is."""
    card = answer["card"]
    lines = [
        f"**The weights fit {card['architecture']}**: {count(card['parameters'])} parameters, "
        f"{len(card['classes'])} {'classes' if card['task'] == 'vision' else 'tokens'}.",
        f"Right on **{percent(answer['accuracy'])}** of {card['accuracy_on']}.",
    ]
    if card["mean"]:
        mean, std = (json.dumps(card[each]).strip("[]") for each in ("mean", "std"))
        lines.append(f"Pixels are normalised with mean {mean} and standard deviation {std}.")
    metrics = answer["metrics"]
    if metrics:
        lines.append("; ".join(f"{called(each)} {in_words(each, metrics[each])}" for each in in_order(metrics)))
    return "  \n".join(lines)


def _keep(file: Path, name: str) -> None:
    try:
        uploaded_weights.keep(file, name, manager().store.home)
    except DistillError as error:
        st.error(str(error), icon=":material/error:")
        return
    forget(key_of(file))
    st.session_state.pop("upload_staged", None)
    st.toast(f"{name} is a teacher now.", icon=":material/check:")
    st.switch_page(PAGE, query_params={"teacher": name})


def discard(file: Path) -> None:
    """Ends what goes on with a staged file and takes it away."""
    forget(key_of(file))
    uploaded_weights.discard(file)
    st.session_state.pop("upload_staged", None)
