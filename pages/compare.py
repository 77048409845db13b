"""Finished runs side by side."""

from __future__ import annotations

import streamlit as st

from distill_core.figures.capabilities import capabilities
from distill_core.figures.overlay import MOST_RUNS
from pages.components.compare.agreement import agreement
from pages.components.compare.chosen import asked_for, in_address, table_key, write_address
from pages.components.compare.costs import costs
from pages.components.compare.curves import classes, curves, settings_and_results
from pages.components.compare.report import report_button
from pages.components.compare.settings import what_differs
from pages.components.compare.sizes import compare_sizes
from pages.components.comparison import by_data, rows, skills
from pages.components.jobs import manager
from pages.components.live_chart import live_chart, payload
from pages.components.navigation import enter
from pages.components.runs_table import comparison_table
from pages.components.studies.recorded import recorded_studies

LONGEST_IN_TABLE = 17  # characters of a run's name beside its tag: as wide as the column is

enter()
st.title("Compare runs")
finished = [record for record in manager().store.list("run") if record.status == "finished" and record.summary]
if not finished:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown("None of your own runs has finished yet. Until then, here is what was recorded.", width="content")
        st.page_link("pages/home.py", label="Run the demo", icon=":material/play_arrow:", width="content")
    compare_sizes(finished)
    recorded_studies(open_one=True)
    st.stop()

compare_sizes(finished)
every = by_data(finished)
asked = asked_for(address := in_address([record.id for record in finished]), every)
told = st.container()
data = asked.data
if len(every) > 1:
    data = st.selectbox(
        "Data set",
        list(every),
        format_func=lambda name: f"{name} · {len(every[name])} run{'s' if len(every[name]) != 1 else ''}",
        index=list(every).index(data),
        key=f"compare_data_{address}",
        width=320,
        help="Runs can be compared only where they were scored on the same test split.",
    )
ticked = [run.id for run in asked.runs]
finished = sorted(every[data], key=lambda run: ticked.index(run.id) if run.id in ticked else len(ticked))
places = [at for at, run in enumerate(finished) if run.id in ticked]
chosen = comparison_table(rows(finished, LONGEST_IN_TABLE), key=table_key(finished, ticked), ticked=places)
write_address([finished[at] for at in chosen])
if {finished[at].id for at in chosen} == set(ticked):
    for sentence in asked.wrong:
        told.warning(sentence, icon=":material/link_off:")
st.caption(
    "Tick two to eight rows to compare only these; the address then names them, to be shared. Without a tick all are "
    "shown. Two single runs may differ by chance: a **study** repeats each with several seeds."
)
shown = [finished[at] for at in chosen[:MOST_RUNS]] if chosen else finished
if len(chosen) > MOST_RUNS:
    st.info(f"{len(chosen)} rows are ticked, and at most {MOST_RUNS} are compared: the first {MOST_RUNS} of them.")

costs(shown)
what_differs(shown)
report_button(shown, data)
curves(shown)
classes(shown)
agreement(shown[:MOST_RUNS])
settings_and_results(shown)

learnt = skills(shown)
if not learnt.empty:
    st.markdown("#### Capability against size")
    version = f"skills-{'-'.join(record.id for record in shown)}"
    alt = "Reasoning, instruction following and perplexity against the number of parameters"
    live_chart(
        payload(capabilities(learnt), name="skills", version=version, alt=alt, height=400), key="skills", height=400
    )
    st.caption(
        "Language models only, on the test split: students (green), the same on labels alone (orange) and teachers "
        "(violet). Lines join the means of each size."
    )

recorded_studies(open_one=False)
