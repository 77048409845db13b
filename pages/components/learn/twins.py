"""Step: what labels alone did not teach, and what distilling broke."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.lesson import Lesson
from distill_core.insight.lesson_twins import Twins, twins
from distill_core.insight.words import difference, percent, points
from pages.components.learn.gallery import Piece, Section, Tile, gallery
from pages.components.learn.pixels import picture_of
from pages.components.learn.step import Question, Step

_NONE, _SOME, _MANY = "None", "Some, fewer than a hundred", "A hundred or more"


def counted(lesson: Lesson) -> Twins:
    """Both students on the whole test split."""
    return twins(lesson["truth"], lesson["said_student"], lesson["said_baseline"])


def _words(lesson: Lesson) -> str:
    labels, images = lesson.facts["labels"], lesson.facts["images"]
    return (
        f"Two twins: same first weights, same number of steps. :orange[One] saw {labels:,} labels; :green[the other] "
        f"saw the same labels and the :violet[teacher]'s answers to {images:,} images. On the test images the first is "
        f"right on {percent(lesson.accuracy('baseline'))}, the second on {percent(lesson.accuracy('student'))}."
    )


def _question(lesson: Lesson) -> Question:
    found = counted(lesson)
    right = _NONE if not found.baseline else _SOME if found.baseline < 100 else _MANY
    gain = points(difference(lesson.accuracy("student"), lesson.accuracy("baseline"))).lstrip("+")
    return Question(
        f"Of {found.inputs:,} test images, how many did labels alone get right that the distilled student gets wrong?",
        (_NONE, _SOME, _MANY),
        right,
        f"{found.baseline:,}. A gain of {gain} is {found.student:,} images won minus {found.baseline:,} lost. "
        f"{found.sentence} This speaks of two trained models; another seed gives others.",
    )


def _picture(lesson: Lesson) -> None:
    found = counted(lesson)
    bar = [
        Piece("right by both", found.both, f"both right: {found.both:,}", "both"),
        Piece("only the distilled student", found.student, f"{found.student:,}", "student"),
        Piece("only labels alone", found.baseline, f"{found.baseline:,}", "baseline"),
        Piece("wrong by both", found.neither, f"{found.neither:,}", "neither"),
    ]
    sections = [
        Section(
            f"Only the distilled student is right: {found.student:,}", _tiles(lesson, "learnt", "baseline"), "student"
        ),
        Section(f"Only labels alone is right: {found.baseline:,}", _tiles(lesson, "broken", "student"), "baseline"),
    ]
    gallery(sections, key="learn-twins", size=92, bar=bar)
    st.caption(
        f"The bar is all {found.inputs:,} test images; the last part are those both get wrong. Shown are those on "
        "which the right one is surest, at most two of a kind: what it is, and what the other took it for."
    )


def _tiles(lesson: Lesson, which: str, mistaken: str) -> list[Tile]:
    found = []
    for row in lesson[which]:
        true = lesson.classes[int(lesson["labels"][row])]
        said = lesson.classes[int(lesson[f"said_{mistaken}"][lesson["places"][row]])]
        alt = f"{true}, taken for {said}"
        found.append(Tile(picture_of(lesson["images"][row]), alt, true, f"not {said}"))
    return found


STEP = Step(
    "Beyond labels",
    _words,
    _question,
    _picture,
    "Try it: train the same two yourself",
    waits=True,
    wide=True,
)
