"""Step: where teacher and students look."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.lesson import Lesson
from distill_core.insight.words import percent
from pages.components.learn.gallery import Section, Tile, gallery, picked
from pages.components.learn.pixels import picture_of, with_attention
from pages.components.learn.step import Question, Step
from pages.components.learn.temperature import tiles

_WHO = (
    ("teacher", "teacher", "teacher"),
    ("baseline", "baseline", "labels only"),
    ("student", "student", "distilled"),
    ("attentive", "student", "distilled, with attention"),
)
_EVERYWHERE, _NOWHERE, _PARTLY = "Yes, in every stage", "No, in none", "In some stages only"


def _words(_lesson: Lesson) -> str:
    return (
        "Square what a layer computes and add it up over its channels: what stands out is **where** the network is "
        "active. *Attention transfer* adds a loss that asks the :green[student] to be active where the "
        ":violet[teacher] is. Below are four networks on the same image."
    )


def _question(lesson: Lesson) -> Question:
    likeness = _likeness(lesson)
    ahead = [each["student"] > each["baseline"] for each in likeness]
    stages = "; ".join(
        f"stage {number}: {each['baseline']:.2f}, {each['student']:.2f}, {each['attentive']:.2f}"
        for number, each in enumerate(likeness, start=1)
    )
    return Question(
        "The distilled student copied answers, never attention. Is it active where the teacher is, more than the "
        "student on labels alone?",
        (_EVERYWHERE, _NOWHERE, _PARTLY),
        _EVERYWHERE if all(ahead) else _PARTLY if any(ahead) else _NOWHERE,
        f"Likeness to the teacher's maps (mean cosine, 1 is the same) on labels alone, distilled, and with attention "
        f"transfer: {stages}. Attention is learnt by asking for it; in this one run that did not decide the accuracy: "
        f"{percent(lesson.accuracy('attentive'))} with it, {percent(lesson.accuracy('student'))} without.",
    )


def _likeness(lesson: Lesson) -> list[dict[str, float]]:
    found: list[dict[str, float]] = lesson.facts["attention_likeness"]
    return found


def _picture(lesson: Lesson) -> None:
    image = picked(tiles(lesson), title="An image", key="learn-pick-attention", size=44)
    pairs = lesson.facts["layer_maps"]["at"]["pairs"]
    place = st.segmented_control(
        "Layer, from shallow to deep",
        range(len(pairs)),
        default=len(pairs) - 1,
        required=True,
        format_func=lambda number: f"stage {number + 1}",
        key="learn_attention_layer",
        persist_state="session",
    )
    pixels, like = lesson["images"][image], _likeness(lesson)[place]
    name = lesson.classes[int(lesson["labels"][image])]
    maps = [
        Tile(
            with_attention(pixels, lesson[f"attention_{who}_{place}"][image], role),  # type: ignore[arg-type]
            f"Where {words} is active on this image: {name}",
            words,
            f"likeness {like[who]:.2f}" if who in like else pairs[place]["teacher"],
            role,
        )
        for who, role, words in _WHO
    ]
    gallery([Section("", [Tile(picture_of(pixels), name, name, "the image"), *maps])], key="learn-attention", size=210)
    st.caption(
        "The brighter, the more active. Likeness is the mean cosine with the teacher's maps over the whole test split."
    )


STEP = Step(
    "Attention",
    _words,
    _question,
    _picture,
    "Try it: train with attention transfer",
    ('terms=["at"]',),
    wide=True,
)
