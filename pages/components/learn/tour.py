"""The tours, each with its steps in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from distill_core.insight.lesson import Lesson, Material, lesson
from distill_core.insight.lesson_language import LanguageLesson, language_lesson
from distill_core.insight.words import count, percent
from pages.components.learn import (
    attention,
    balance,
    knowledge,
    layers,
    limits,
    next_token,
    phases,
    size,
    temperature,
    twins,
    whose_gain,
)
from pages.components.learn.step import Step
from pages.components.links import leading, train_link


@dataclass(frozen=True)
class Tour:
    """A tour: what it is called, how it is introduced, its steps, what was recorded for them, and where to go next."""

    title: str
    words: Callable[[Any], str]
    steps: tuple[Step[Any], ...]
    material: Callable[[], Material]
    end: Callable[[], None]


def _of_images(lesson: Lesson) -> str:
    models = lesson.facts["models"]
    return (
        f"One real training, recorded: a large :violet[**teacher**] ({models['teacher']['name']}, "
        f"{count(lesson.parameters('teacher'))} parameters, {percent(lesson.accuracy('teacher'))} right) trains a "
        f"small :green[**student**] ({models['student']['name']}, {count(lesson.parameters('student'))}). The "
        f":orange[**baseline**] is the same student on its {lesson.facts['labels']:,} labels alone."
    )


def _of_language(lesson: LanguageLesson) -> str:
    return (
        f"The same with a language model: the :violet[**teacher**] ({lesson.facts['teacher']}, "
        f"{count(lesson.facts['parameters'])} parameters) does sums and follows instructions on words, character by "
        "character. Its answers and the trainings of its :green[**students**] are recorded; the :orange[**baseline**] "
        "is the same student on 500 right answers alone."
    )


def _to_the_demo() -> None:
    with leading():
        st.page_link("pages/home.py", label="Now run the demo", icon=":material/play_arrow:", width="content")


def _to_the_form() -> None:
    with leading():
        train_link("Now train one yourself", str(language_lesson().facts["preset"]))


IMAGES, LANGUAGE = "images", "language"
TOURS: dict[str, Tour] = {
    IMAGES: Tour(
        "Images",
        _of_images,
        (
            temperature.STEP,
            knowledge.STEP,
            balance.STEP,
            attention.STEP,
            layers.STEP,
            phases.STEP,
            twins.STEP,
            limits.STEP,
        ),
        lesson,
        _to_the_demo,
    ),
    LANGUAGE: Tour(
        "Language",
        _of_language,
        (next_token.STEP, whose_gain.STEP, size.STEP),
        language_lesson,
        _to_the_form,
    ),
}
"""By what the address calls them."""
