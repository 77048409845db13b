"""What this is, one button, and what was done before."""

from __future__ import annotations

import streamlit as st

from distill_core.presets import load
from pages.components.catalogue import training_images
from pages.components.jobs import submit
from pages.components.navigation import enter
from pages.components.runs_table import recent_runs
from pages.components.schematic import schematic

enter()

DEMO = load("quickstart")
LABELS = f"{DEMO.label_budget:,} labelled images" if DEMO.label_budget else "labelled images"
IMAGES = training_images(DEMO.dataset)
STEPS = (
    ("1", "Labels only", f"A small student learns from {LABELS}. That is the baseline."),
    (
        "2",
        "With a teacher",
        "The same student starts again and also learns from a teacher's answers to "
        f"{f'{IMAGES:,}' if IMAGES else 'all'} images.",
    ),
    (
        "3",
        "To take away",
        "You see what the teacher added, and get the student as an ONNX file with its measured speed.",
    ),
)

text, picture = st.columns([5, 4], gap="large", vertical_alignment="center")
with text:
    st.title("Watch a small model learn from a large one")
    st.markdown(
        "Distillation trains a small **:green[student]** on the answers of a large **:violet[teacher]**, "
        "so that it needs fewer labels and runs on small machines. Here you see it happen, on real images."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Run the demo", type="primary", icon=":material/play_arrow:", key="demo"):
            submit(DEMO)
        st.page_link("pages/learn.py", label="Take the tour", icon=":material/school:", width="content")
        st.page_link(
            "pages/advisor.py", label="Find a student", icon=":material/assistant_navigation:", width="content"
        )
    st.caption("The demo takes under two minutes on a laptop's CPU. Nothing is downloaded.")
with picture:
    schematic()

st.space("small")
with st.grid(3, min_column_width=240, gap="medium"):
    for number, name, sentence in STEPS:
        with st.container():
            st.markdown(f"**{number} · {name}**")
            st.caption(sentence)

recent_runs()
