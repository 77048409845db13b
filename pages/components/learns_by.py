"""What a run learns by: every term of its loss with its weight, and which layer learns from which."""

from __future__ import annotations

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.events import Started, TermFacts
from distill_core.figures.loss import title_of
from distill_core.insight.layer_map import as_it_ran, weights
from distill_core.losses.registry import LOSSES
from distill_core.runs.records import RunRecord
from pages.components.layer_table import known_map, layer_table


def learns_by(record: RunRecord, started: Started | None) -> None:
    """The terms, folded; layers are looked up when a reader unfolds them.

    Args:
        record: of the run.
        started: what the student's training said when it began; None before that.
    """
    folded = st.expander("What it learns by", icon=":material/school:", key=f"learns-by-{record.id}", on_change="rerun")
    if not folded.open:
        return
    said = {term.name: term for term in started.terms} if started else {}
    with folded:
        for name, weight in weights(record.config).items():
            _term(name, weight, record.config, said.get(name))


def _term(name: str, weight: str, config: DistillConfig, said: TermFacts | None) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title_of(name)}** &nbsp; :gray[:small[weight {weight}]]")
        info = LOSSES.get(name)
        if info is None:
            return
        st.caption(info.sentence)
        if info.layers == "none":
            return
        found = known_map(config, name)
        foreseen = None if isinstance(found, str) else found
        if said is not None:
            layer_table(as_it_ran(said, foreseen))
        elif foreseen is not None:
            layer_table(foreseen)
