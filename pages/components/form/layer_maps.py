"""The layer map of a chosen method: how it is chosen, its pairs as a table, pairs by hand, and why one is refused."""

from __future__ import annotations

import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from distill_core.config import LAYER_MODES, DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.layer_map import LayerMap, LayerNames, layer_map, layer_names, refusal_of_pair
from distill_core.insight.words import count
from distill_core.losses.registry import LOSSES
from pages.components.form.state import base
from pages.components.form.values import BY_HAND
from pages.components.form.words import LAYER_WORDS, of_layers

_KEPT_SECONDS = 60.0


def choose_layers(name: str, place: DeltaGenerator) -> None:
    """The input of a method's layer map, where it has a choice.

    Args:
        name: of the loss.
        place: where the input stands.
    """
    ways = _ways(name)
    if ways:
        place.selectbox(
            "Layer map",
            ways,
            format_func=LAYER_WORDS.__getitem__,
            key=f"form_layers_{name}",
            persist_state="session",
            on_change=_begin_with_the_suggestion,
            args=(name,),
            help="Which layer of the student learns from which of the teacher.",
        )


def show_layers(name: str, config: DistillConfig | None) -> bool:
    """A method's pairs; returns whether its layers can be paired.

    Args:
        name: of the loss.
        config: that the inputs describe; None while one of them is wrong.
    """
    info = LOSSES[name]
    if info.layers == "none" and name != "deit":
        return True
    by_hand = bool(_ways(name)) and st.session_state[f"form_layers_{name}"] == BY_HAND
    asked = config is not None and name in {term.loss for term in config.terms}
    found = _map(_settings(config, name), name) if config is not None and asked else None
    if by_hand:
        _by_hand(name)
    if isinstance(found, str):
        st.error(of_layers(found, info.title), icon=":material/error:")
        return False
    if found is not None:
        _picture(found)
    return True


def _ways(name: str) -> list[str]:
    """How this method's layers can be chosen; no choice for one that reads none, or whose pair is given."""
    info = LOSSES[name]
    if info.layers == "none" or name == "simkd":
        return []
    ways = [LAYER_MODES[0], BY_HAND] if info.layers == "attention" else [*LAYER_MODES, BY_HAND]
    now = st.session_state[f"form_layers_{name}"]
    return ways if now in ways else [*ways, now]


def _picture(found: LayerMap) -> None:
    """The pairs as a table, shallow to deep."""
    if not found.pairs:
        return
    st.table(
        {
            ":green[●] Student layer → :violet[●] teacher layer": [
                f":green[{_plain(pair.student)}] {pair.student_shape}  \n"
                f"→ :violet[{_plain(pair.teacher)}] {pair.teacher_shape}"
                for pair in found.pairs
            ],
            "Between them": [
                pair.connector + (f"  \n{pair.parameters:,} parameters" if pair.parameters else "")
                for pair in found.pairs
            ],
            "Why these two": [pair.reason for pair in found.pairs],
        },
        border="horizontal",
        hide_index=True,
    )
    if found.parameters and len(found.pairs) > 1:
        st.caption(f"{count(found.parameters)} parameters train beside the student's; its export leaves them out.")


def _plain(name: str) -> str:
    """A layer's name that Markdown leaves alone."""
    return name.replace("_", r"\_").replace("[", r"\[").replace("]", r"\]")


def _by_hand(name: str) -> None:
    """Pairs to take away and one to add, which is checked before it can be added."""
    pairs = f"form_pairs_{name}"
    st.multiselect(
        "Pairs, student → teacher",
        list(st.session_state[pairs]),
        format_func=" → ".join,
        key=pairs,
        persist_state="session",
        placeholder="none yet: add one below",
    )
    names = _names(_settings(_whole(), name))
    if isinstance(names, str):
        st.error(of_layers(names), icon=":material/error:")
        return
    student, teacher, add = st.columns([2, 2, 1], gap="medium", vertical_alignment="bottom")
    ours = student.selectbox(
        "Student layer", list(names.student), format_func=lambda layer: f"{layer} · {names.student[layer]}",
        key=f"form_ours_{name}",
    )  # fmt: skip
    theirs = teacher.selectbox(
        "Teacher layer", list(names.teacher), format_func=lambda layer: f"{layer} · {names.teacher[layer]}",
        key=f"form_theirs_{name}",
    )  # fmt: skip
    there = (ours, theirs) in [tuple(pair) for pair in st.session_state[pairs]]
    refusal = None if there else _pair_refusal(_settings(_whole(), name), name, ours, theirs)
    add.button(
        "Add pair",
        icon=":material/add:",
        key=f"add_{name}",
        disabled=there or refusal is not None,
        on_click=_add,
        args=(name, ours, theirs),
    )
    if refusal:
        st.markdown(f":small[:red[:material/error: {of_layers(refusal)}]]")


def _add(name: str, ours: str, theirs: str) -> None:
    st.session_state[f"form_pairs_{name}"] = [*st.session_state[f"form_pairs_{name}"], (ours, theirs)]


def _begin_with_the_suggestion(name: str) -> None:
    """Pairs by hand start as those that would have been suggested."""
    if st.session_state[f"form_layers_{name}"] != BY_HAND or st.session_state[f"form_pairs_{name}"]:
        return
    found = _map(_settings(_whole(), name), name)
    if not isinstance(found, str):
        st.session_state[f"form_pairs_{name}"] = [(pair.student, pair.teacher) for pair in found.pairs]


def _whole() -> DistillConfig:
    """Student, teacher and data as chosen, and the classifier if it is lent, whatever else is still missing."""
    inputs = st.session_state
    lent = ["simkd"] if inputs["form_use_simkd"] else []
    return base().model_copy(
        update={
            "student": inputs.form_student,
            "teacher": inputs.form_teacher,
            "dataset": inputs.form_dataset,
            "data_folder": inputs.form_data_folder or None,
            "image_size": inputs.form_image_size,
            "terms": DistillConfig(terms=lent).terms,
        }
    )


def _settings(config: DistillConfig, loss: str) -> str:
    """All that decides a method's layer map."""
    known = config.model_dump(
        mode="json", include={"task", "student", "teacher", "dataset", "data_folder", "image_size"}
    )
    terms = {term.loss: term.model_dump(mode="json", include={"loss", "layers", "options"}) for term in config.terms}
    known["terms"] = [
        terms.get(loss, {"loss": loss}),
        *([terms["simkd"]] if loss != "simkd" and "simkd" in terms else []),
    ]
    return json.dumps(known)


@st.cache_data(show_spinner=False, ttl=_KEPT_SECONDS)
def _map(settings: str, loss: str) -> LayerMap | str:
    """The layer map, or why there is none."""
    try:
        return layer_map(DistillConfig.parse(json.loads(settings)), loss)
    except DistillError as error:
        return str(error)


@st.cache_data(show_spinner=False, ttl=_KEPT_SECONDS)
def _names(settings: str) -> LayerNames | str:
    try:
        return layer_names(DistillConfig.parse(json.loads(settings)))
    except DistillError as error:
        return str(error)


@st.cache_data(show_spinner=False, ttl=_KEPT_SECONDS)
def _pair_refusal(settings: str, loss: str, ours: str, theirs: str) -> str | None:
    try:
        return refusal_of_pair(DistillConfig.parse(json.loads(settings)), loss, ours, theirs)
    except DistillError as error:
        return str(error)
