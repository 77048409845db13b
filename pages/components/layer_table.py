"""A method's layer map as a table, the same before a run and after it."""

from __future__ import annotations

import json

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.layer_map import LayerMap, PairFacts, layer_map
from distill_core.insight.words import count, unbroken
from pages.components.as_text import as_text

KEPT_SECONDS = 60.0


def layer_table(found: LayerMap) -> None:
    """The pairs, shallow to deep, with what stands between them and why they are pairs."""
    if not found.pairs:
        return
    st.table(
        {
            ":green[●] Student layer → :violet[●] teacher layer": [_layers(pair) for pair in found.pairs],
            "Between them, and why these two": [_between(pair) for pair in found.pairs],
        },
        border="horizontal",
        hide_index=True,
    )
    if found.parameters > max(pair.parameters for pair in found.pairs):
        st.caption(
            f"{count(found.parameters)} parameters train beside the student's; "
            "its export leaves out those that only taught it."
        )


def known_map(config: DistillConfig, loss: str) -> LayerMap | str:
    """The layer map of one of a run's methods, or why there is none; worked out once for the same settings."""
    return _map(map_settings(config, loss), loss)


def map_settings(config: DistillConfig, loss: str) -> str:
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


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS)
def _map(settings: str, loss: str) -> LayerMap | str:
    try:
        return layer_map(DistillConfig.parse(json.loads(settings)), loss)
    except DistillError as error:
        return str(error)


def _layers(pair: PairFacts) -> str:
    student, teacher = f":green[{as_text(pair.student)}]", f":violet[{as_text(pair.teacher)}]"
    return f"{student} {unbroken(pair.student_shape)}  \n→ {teacher} {unbroken(pair.teacher_shape)}"


def _between(pair: PairFacts) -> str:
    trained = f" ({unbroken(f'{pair.parameters:,} parameters')})" if pair.parameters else ""
    return "  \n".join(line for line in (pair.connector + trained, f":gray[{pair.reason}]") if line)
