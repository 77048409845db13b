"""One teacher: what it is, what it has to teach, how it was made, and the ways to use and to remove it."""

from __future__ import annotations

import shutil

import streamlit as st

from distill_core.cards import CARD
from distill_core.insight.measures import called, in_order, in_words
from distill_core.insight.teachers import Teacher, lesson, made_by
from pages.components.as_text import as_text
from pages.components.facts_table import facts_table
from pages.components.from_the_top import from_the_top
from pages.components.jobs import manager, record
from pages.components.teachers.report import report
from pages.components.teachers.shelf import PAGE, metrics_of
from pages.components.teachers.words import accuracy, facts, heading, use_it


def opened(teacher: Teacher) -> None:
    """The page of a teacher."""
    st.page_link(PAGE, label="All teachers", icon=":material/arrow_back:", width="content")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading(teacher, large=True)
        st.space("stretch")
        if teacher.origin == "run":
            st.page_link(
                "pages/train.py",
                label="Its run",
                icon=":material/show_chart:",
                query_params={"run": teacher.key},
                width="content",
            )
        use_it(lesson(teacher))
    st.caption(facts(teacher))
    scored = accuracy(teacher)
    if scored:
        st.markdown(scored)
    if teacher.card.task == "vision":
        report(teacher)
    else:
        _skills(teacher)
    _made(teacher)
    if teacher.removable:
        _delete(teacher)
    from_the_top(teacher.key)


def _skills(teacher: Teacher) -> None:
    """Of a teacher of texts, what a run's test said of it; how to get it where no run has one."""
    found = metrics_of(teacher)
    if found is None:
        st.caption("Each of its skills is measured when it teaches: use it in a run, and they stand here.")
        return
    st.markdown("#### What it can do")
    rows = [(called(name), f"**{in_words(name, found.values[name])}**") for name in in_order(found.values)]
    facts_table(rows, alt=f"What {teacher.title} can do")
    st.caption(found.where)


def _made(teacher: Teacher) -> None:
    provenance = dict(teacher.card.provenance)
    if teacher.origin == "run":
        provenance |= _of_run(teacher)
    lines = made_by(provenance)
    if not lines:
        return
    st.markdown("#### How it was made")
    facts_table(lines, alt=f"How {teacher.title} was made")


def _of_run(teacher: Teacher) -> dict[str, object]:
    """The provenance that publishing the run would write."""
    from distill_core.runs.publish import provenance

    found = record(teacher.key)
    return provenance(found, teacher.card) if found else {}


def _delete(teacher: Teacher) -> None:
    with st.popover("Delete teacher", icon=":material/delete:", key="delete-teacher"):
        st.markdown(f"Delete **{as_text(teacher.title)}** for good?")
        st.caption("Its weights and its card go. Runs that learned from it keep their results, but cannot be repeated.")
        if st.button("Delete for good", icon=":material/delete_forever:", key="delete-teacher-for-good"):
            _remove(teacher)


def _remove(teacher: Teacher) -> None:
    """Only what is a teacher's folder right in the home's is removed."""
    home = manager().store.home / "teachers"
    if teacher.folder is None or teacher.folder.parent != home or not (teacher.folder / CARD).is_file():
        st.error("That is no teacher of yours.", icon=":material/error:")
        return
    try:
        shutil.rmtree(teacher.folder)
    except OSError as error:
        st.error(
            f"{teacher.folder} cannot be removed ({error.strerror}). Allow writing there.", icon=":material/error:"
        )
        return
    st.toast(f"{as_text(teacher.title)} was deleted.", icon=":material/delete:")
    st.switch_page(PAGE)
