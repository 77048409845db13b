"""A step on screen: words and question on the left, the picture beside them or beneath."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.insight.lesson import Material
from pages.components.learn.step import Question, Step
from pages.components.links import train_link

_SHOWN = "learn_shown"


def show(step: Step[Any], number: int, lesson: Material, tour: str) -> None:
    """The step of a tour with its title, its question, its picture, and where to try it."""
    st.header(f"{number} · {step.title}", anchor=False)
    if step.wide:
        words, questions = st.columns(2, gap="large")
        below = st.container()
    else:
        words, below = st.columns([4, 5], gap="large")
        questions = words
    words.markdown(step.words(lesson))
    with questions:
        answered = _ask(step.question(lesson), f"{tour}_{number}")
    with below:
        if step.waits and not answered and f"{tour}_{number}" not in st.session_state.get(_SHOWN, ()):
            _hold_back(f"{tour}_{number}")
        else:
            step.picture(lesson)
    with words:
        train_link(step.link, lesson.facts["preset"], *step.settings)
    st.caption(f":material/inventory_2: recorded by {step.made_by(lesson)}".replace("`", ""))


def _ask(question: Question, place: str) -> bool:
    """The question; once it is answered, what is true. Says whether it is."""
    answer = st.radio(
        f"**Guess first.** {question.text}",
        question.options,
        index=None,
        key=f"learn_guess_{place}",
        persist_state="session",
    )
    if answer is None:
        return False
    if answer == question.right:
        st.success(f":material/check_circle: **Yes.** {question.truth}")
    else:
        st.info(f":material/lightbulb: **Not quite: {question.right}.** {question.truth}")
    return True


def _hold_back(place: str) -> None:
    with st.container(border=True, height=300, horizontal_alignment="center", vertical_alignment="center"):
        st.markdown("The picture comes with your guess.", width="content", text_alignment="center")
        st.button("Just show it", icon=":material/visibility:", key="learn_show", on_click=_show, args=(place,))


def _show(place: str) -> None:
    st.session_state[_SHOWN] = {*st.session_state.get(_SHOWN, ()), place}
