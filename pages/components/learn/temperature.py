"""Step: what a temperature makes of a real teacher's answer."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from distill_core.figures.lesson.soft_targets import soft_targets
from distill_core.insight.lesson import Lesson
from distill_core.insight.lesson_answers import STOPS
from distill_core.softening import entropy_bits, softened
from pages.components.learn.gallery import Section, Tile, gallery, picked
from pages.components.learn.picture import chart
from pages.components.learn.pixels import picture_of
from pages.components.learn.step import Question, Step


def _words(lesson: Lesson) -> str:
    label = lesson.classes[int(lesson["labels"][_surest(lesson)])].lower()
    return (
        f"A label is one word: *{label}*. A :violet[teacher]'s answer says more: how likely **every** class is. Often "
        "it is so sure that the rest cannot be seen. Dividing its scores by a **temperature** T, before they become "
        "shares, brings the small ones up. The :green[student] learns from these **soft targets**."
    )


def _question(_lesson: Lesson) -> Question:
    same = "It stays the same"
    return Question(
        "You raise T from 1 to 8. What happens to the order of the bars?",
        (same, "It turns around", "It gets mixed up"),
        same,
        "Dividing by T makes differences smaller and leaves the order as it is, for every image here. A soft target "
        "stays what the teacher believes; it only speaks louder about the unlikely.",
    )


def _picture(lesson: Lesson) -> None:
    shown, sure = tiles(lesson), _surest(lesson)
    title = "A test image, new to the teacher"
    image = picked(shown, title=title, key="learn-pick-temperature", size=44, first=sure)
    temperature = st.select_slider(
        "Temperature T",
        STOPS,
        value=1.0,
        format_func=lambda stop: f"{stop:g}",
        key="learn_temperature",
        persist_state="session",
    )
    shares = softened(lesson["answers_teacher"][image], temperature)
    label = int(lesson["labels"][image])
    frame = pd.DataFrame(
        {
            "name": lesson.classes,
            "share": shares,
            "is_label": [number == label for number in range(len(lesson.classes))],
        }
    )
    alt = (
        f"The teacher's soft target at T = {temperature:g} for an image of class {lesson.classes[label]}: "
        + ", ".join(
            f"{row.name_} {row.share:.1%}"
            for row in frame.rename(columns={"name": "name_"}).sort_values("share", ascending=False).itertuples()
        )
    )
    left, right = st.columns([1, 4], gap="small", vertical_alignment="center")
    with left:
        name = lesson.classes[label]
        chosen = Tile(picture_of(lesson["images"][image]), name, name, "its label")
        gallery([Section("", [chosen])], key="learn-image", size=130)
    with right:
        chart(soft_targets(frame), name="soft-targets", version=f"{image}-{temperature:g}", alt=alt, height=330)
    bits = float(entropy_bits(shares))
    st.markdown(f"**{bits:.2f} bits of doubt** (the entropy of the bars; the label is in **bold**).")
    st.caption(
        f"A label leaves no doubt: 0 bits, and no word on the other classes. Ten equal bars are all doubt, "
        f"{math.log2(len(shares)):.2f} bits, and tell nothing again: a very high T washes the answer out. What teaches "
        "lies between."
    )


def _surest(lesson: Lesson) -> int:
    """The image on which the teacher is surest: at T = 1 its answer is hardly more than a label."""
    picked_from = softened(lesson["answers_teacher"][list(lesson.images_to_pick)], 1.0)
    return int(picked_from.max(axis=1).argmax())


def tiles(lesson: Lesson) -> list[Tile]:
    """The images a reader can pick."""
    return [
        Tile(picture_of(lesson["images"][row]), f"{lesson.classes[int(lesson['labels'][row])]}, image {row + 1}")
        for row in lesson.images_to_pick
    ]


STEP = Step("Temperature", _words, _question, _picture, "Try it: train with T = 8", ("temperature=8",))
