"""Finished runs side by side."""

from __future__ import annotations

import streamlit as st

from distill_core.figures.capabilities import capabilities
from distill_core.figures.models import COSTS, Cost, size_vs_accuracy
from pages.components.comparison import differing, models, rows, skills
from pages.components.jobs import manager
from pages.components.live_chart import live_chart, payload
from pages.components.navigation import enter
from pages.components.runs_table import comparison_table
from pages.components.studies.recorded import recorded_studies

enter()
st.title("Compare runs")
finished = [record for record in manager().store.list("run") if record.status == "finished" and record.summary]
if not finished:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown("None of your own runs has finished yet. Until then, here is what was recorded.", width="content")
        st.page_link("pages/home.py", label="Run the demo", icon=":material/play_arrow:", width="content")
    recorded_studies(open_one=True)
    st.stop()

table = rows(finished)
chosen = comparison_table(table)
st.caption(
    "Tick rows to compare only these; without a tick all are shown. Two single runs may differ by chance: a **study** "
    "repeats each with several seeds."
)
shown = [finished[index] for index in chosen] if chosen else finished

costs = models(shown)
left, right = st.columns([3, 2], gap="large")
with left:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### Accuracy against cost")
        st.space("stretch")
        known: Cost = "latency_ms" if costs["latency_ms"].notna().any() else "parameters"
        names = {"latency_ms": "CPU time", "parameters": "Parameters", "megabytes": "File size"}
        cost = st.segmented_control(
            "Cost",
            list(COSTS),
            default=known,
            required=True,
            format_func=names.__getitem__,
            label_visibility="collapsed",
            key="compare_cost",
        )
    if costs[cost].notna().any():
        figure = size_vs_accuracy(costs, cost=cost)
        version = f"{cost}-{'-'.join(record.id for record in shown)}"
        live_chart(
            payload(figure, name="cost", version=version, alt="Test accuracy against cost", height=420),
            key="cost",
            height=420,
        )
        st.caption("Up and to the left is better. A baseline costs what its student costs.")
    else:
        st.caption(
            f"{names[cost]} is not known: none of these runs has a file. In a terminal, "
            f"`python -m distill_core export {shown[0].id}` makes and measures the first one's."
        )
with right:
    st.markdown("#### What differs")
    if len(shown) < 2:
        st.caption("One run alone differs from nothing.")
    else:
        settings = differing(shown)
        if settings.empty:
            st.caption("These runs have the same settings.")
        else:
            st.dataframe(settings, width="stretch", height="content", alt="Settings that differ")
            st.caption("A run is called by the first letters of its name in the table.")

learnt = skills(shown)
if not learnt.empty:
    st.markdown("#### Capability against size")
    version = f"skills-{'-'.join(record.id for record in shown)}"
    alt = "Reasoning, instruction following and perplexity against the number of parameters"
    live_chart(
        payload(capabilities(learnt), name="skills", version=version, alt=alt, height=400), key="skills", height=400
    )
    st.caption(
        "Language models only, on the test split: :green[students], :orange[the same on labels alone] and "
        ":violet[teachers]. Lines join the means of each size."
    )

recorded_studies(open_one=False)
