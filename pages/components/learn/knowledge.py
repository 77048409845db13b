"""Step: which classes the teacher finds alike, and how the student comes to find the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from distill_core.figures import Figure
from distill_core.figures.lesson.class_map import class_map, difference_map
from distill_core.insight.lesson import KNOWLEDGE_STOPS, Lesson
from distill_core.insight.lesson_answers import distance, likest, strongest, without_diagonal
from distill_core.insight.words import percent
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

ASKED = "Shirt"
_OTHERS = ("Bag", "Ankle boot", "Trouser")
_USUAL = 4.0


def _words(_lesson: Lesson) -> str:
    return (
        "What a :violet[teacher] says **beside** the right answer has a pattern, and no label holds it. Each row below "
        "is a true class, each column a wrong one; the fuller the cell, the larger the share of the mean answer that "
        "goes there. Right answers are left out. This **dark knowledge** is what the :green[student] copies."
    )


def _question(lesson: Lesson) -> Question:
    means = lesson["means_teacher"][KNOWLEDGE_STOPS.index(_USUAL)]
    asked = lesson.classes.index(ASKED)
    first = lesson.classes[likest(means, asked)]
    options = tuple(sorted({first, *_OTHERS}, key=lesson.classes.index))
    share = float(means[asked, lesson.classes.index(first)])
    last, untrained = _apart(lesson, lesson.epochs, _USUAL), _apart(lesson, 0, _USUAL)
    return Question(
        f"An image shows a {ASKED.lower()}. Which other class gets most of the teacher's answer?",
        options,
        first,
        f"At T = {_USUAL:g} it gets {percent(share, 0)} of the mean answer to a {ASKED.lower()}. The student starts "
        f"without this pattern ({percent(untrained)} of an answer in the wrong places) and ends close to it "
        f"({percent(last)}). Move the epochs to watch.",
    )


def _apart(lesson: Lesson, epoch: int, stop: float) -> float:
    place = KNOWLEDGE_STOPS.index(stop)
    return distance(lesson["means_student"][epoch, place], lesson["means_teacher"][place])


def _picture(lesson: Lesson) -> None:
    left, right = st.columns([2, 1], gap="large")
    epoch = left.select_slider(
        "Epochs trained",
        range(lesson.epochs + 1),
        value=lesson.epochs,
        key="learn_epoch",
        persist_state="session",
    )
    stop = right.segmented_control(
        "Temperature T",
        KNOWLEDGE_STOPS,
        default=_USUAL,
        required=True,
        format_func=lambda each: f"{each:g}",
        key="learn_knowledge_stop",
        persist_state="session",
    )
    place = KNOWLEDGE_STOPS.index(stop)
    teacher = without_diagonal(lesson["means_teacher"][place])
    student = without_diagonal(lesson["means_student"][epoch, place])
    top = float(np.nanmax(teacher))
    classes = lesson.classes
    true, other, share = strongest(lesson["means_teacher"][place], classes)
    with st.grid(3, min_column_width=290, gap="small"):
        _panel(
            ":violet[Teacher]",
            lambda: class_map(teacher, classes, top=top, role="teacher"),
            "map-teacher",
            f"{stop:g}",
            f"The teacher's mean soft answers at T = {stop:g}; the largest wrong share is {true} taken for {other}, "
            f"{percent(share)}",
        )
        _panel(
            f":green[Student], epoch {epoch}",
            lambda: class_map(student, classes, top=top, role="student"),
            "map-student",
            f"{stop:g}-{epoch}",
            f"The student's mean soft answers at T = {stop:g} after epoch {epoch}",
        )
        _panel(
            "Difference",
            lambda: difference_map(student - teacher, classes, top=top),
            "map-difference",
            f"{stop:g}-{epoch}",
            f"Student minus teacher at T = {stop:g} after epoch {epoch}",
        )
    st.caption(
        "Numbers are per cent. In the difference, green is too much and violet too little. After "
        f"epoch {epoch}, **{percent(_apart(lesson, epoch, stop))}** of a mean answer is in other places than the "
        f"teacher's. Means over {len(lesson['truth']):,} test images."
    )


def _panel(title: str, figure: Callable[[], Figure], name: str, version: str, alt: str) -> None:
    with st.container(gap="small"):
        st.markdown(f"**{title}**")
        chart(figure(), name=name, version=version, alt=alt, height=380)


STEP = Step(
    "Dark knowledge",
    _words,
    _question,
    _picture,
    "Try it: T = 1, which hides most of it",
    ("temperature=1",),
    waits=True,
    wide=True,
)
