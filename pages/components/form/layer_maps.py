"""The layer map of a chosen method: how it is chosen, its pairs as a table, pairs by hand, and why one is refused."""

from __future__ import annotations

import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from distill_core.config import LAYER_MODES, DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.layer_map import LayerMap, LayerNames, layer_names, refusal_of_pair
from distill_core.losses.registry import LOSSES
from pages.components.form.layer_canvas import asked_pair, layer_canvas
from pages.components.form.state import base
from pages.components.form.values import BY_HAND
from pages.components.form.words import LAYER_WORDS, help_of, of_layers
from pages.components.layer_table import KEPT_SECONDS, known_map, layer_table, map_settings

NOTHING = LayerMap((), 0)


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
            help=help_of("terms.layers"),
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
    found = known_map(config, name) if config is not None and asked else None
    if _ways(name):
        _canvas(name, found if isinstance(found, LayerMap) else NOTHING)
    if by_hand:
        _by_hand(name)
    if isinstance(found, str):
        st.error(of_layers(found, info.title), icon=":material/error:")
        return False
    if found is not None:
        layer_table(found)
    return True


def _canvas(name: str, found: LayerMap) -> None:
    """The drawing, where all layers that could be paired are known."""
    names = _names(map_settings(_whole(), name))
    if isinstance(names, str):
        return
    layer_canvas(names, found, key=f"canvas_{name}", on_pair=lambda: _join_or_part(name))
    if wrong := st.session_state.pop(f"refused_{name}", None):
        st.markdown(f":small[:red[:material/error: {of_layers(wrong)}]]")


def _join_or_part(name: str) -> None:
    """A click in the drawing: the map is by hand from then on."""
    ours, theirs = asked_pair(f"canvas_{name}")
    way, pairs = f"form_layers_{name}", f"form_pairs_{name}"
    if st.session_state[way] != BY_HAND:
        st.session_state[way], st.session_state[pairs] = BY_HAND, []
        _begin_with_the_suggestion(name)
    now = [tuple(pair) for pair in st.session_state[pairs]]
    if (ours, theirs) in now:
        st.session_state[pairs] = [pair for pair in now if pair != (ours, theirs)]
        return
    refusal = _pair_refusal(map_settings(_whole(), name), name, ours, theirs)
    if refusal is None:
        _add(name, ours, theirs)
    else:
        st.session_state[f"refused_{name}"] = refusal


def _ways(name: str) -> list[str]:
    """How this method's layers can be chosen; no choice for one that reads none, or whose pair is given."""
    info = LOSSES[name]
    if info.layers == "none" or name == "simkd":
        return []
    ways = [LAYER_MODES[0], BY_HAND] if info.layers in ("attention", "projections") else [*LAYER_MODES, BY_HAND]
    now = st.session_state[f"form_layers_{name}"]
    return ways if now in ways else [*ways, now]


def _by_hand(name: str) -> None:
    """Pairs to take away, and one to add without the drawing."""
    pairs = f"form_pairs_{name}"
    st.multiselect(
        "Pairs, student → teacher",
        list(st.session_state[pairs]),
        format_func=" → ".join,
        key=pairs,
        persist_state="session",
        placeholder="none yet: add one below",
    )
    names = _names(map_settings(_whole(), name))
    if isinstance(names, str):
        st.error(of_layers(names), icon=":material/error:")
        return
    with st.expander("Add a pair from lists"):
        _from_lists(name, names)


def _from_lists(name: str, names: LayerNames) -> None:
    """Two layers, and a button that stands still while they cannot be a pair."""
    pairs = f"form_pairs_{name}"
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
    refusal = None if there else _pair_refusal(map_settings(_whole(), name), name, ours, theirs)
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
    found = known_map(_whole(), name)
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


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS)
def _names(settings: str) -> LayerNames | str:
    try:
        return layer_names(DistillConfig.parse(json.loads(settings)))
    except DistillError as error:
        return str(error)


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS)
def _pair_refusal(settings: str, loss: str, ours: str, theirs: str) -> str | None:
    try:
        return refusal_of_pair(DistillConfig.parse(json.loads(settings)), loss, ours, theirs)
    except DistillError as error:
        return str(error)
