"""Accuracy against what a model costs, with the Pareto front of the compared runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.figures.models import COSTS, Cost, size_vs_accuracy
from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.runs.records import RunRecord
from pages.components.comparison import models
from pages.components.live_chart import live_chart, payload

HEIGHT = 420
NAMES = {"latency_ms": "CPU time", "parameters": "Parameters", "megabytes": "File size"}


def costs(records: Sequence[RunRecord]) -> None:
    """The picture, with the cost to choose."""
    found = models(records)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### Accuracy against cost", width="content")
        st.space("stretch")
        known: Cost = "latency_ms" if found["latency_ms"].notna().any() else "parameters"
        cost = st.segmented_control(
            "Cost",
            list(COSTS),
            default=known,
            required=True,
            format_func=NAMES.__getitem__,
            label_visibility="collapsed",
            key="compare_cost",
        )
    if found[cost].notna().any():
        figure = size_vs_accuracy(found, cost=cost)
        version = f"{cost}-{'-'.join(record.id for record in records)}"
        live_chart(
            payload(figure, name="cost", version=version, alt="Test accuracy against cost", height=HEIGHT),
            key="cost",
            height=HEIGHT,
        )
        front = (
            " The line is the Pareto front: students that no other beats at the same cost or less. Two points nearer "
            "than their intervals may have come in the other order by chance."
        )
        costs = "A baseline costs what its student costs."
        if any(keeps_teachers_classifier(record.config) for record in records):
            costs += " One whose student keeps the teacher's classifier is smaller: its parameters alone are known."
        st.caption(f"Up and to the left is better. {costs}{front if len(records) > 1 else ''}")
    else:
        st.caption(
            f"{NAMES[cost]} is not known: none of these runs has a file. In a terminal, "
            f"`python -m distill_core export {records[0].id}` makes and measures the first one's."
        )
