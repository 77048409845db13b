"""Step: which layer of the student learns from which layer of the teacher."""

from __future__ import annotations

import streamlit as st

from distill_core.figures.lesson.layer_pairs import layer_pairs
from distill_core.insight.lesson import Lesson
from distill_core.losses.registry import LOSSES
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

_CONNECTOR = "A small layer in between, trained along"


def _words(_lesson: Lesson) -> str:
    return (
        "Losses that compare layers need a **layer map**: which :green[student] layer learns from which "
        ":violet[teacher] layer. The workbench pairs layers that see the image at the same size and end the same part "
        "of the network, and says why. *Attention transfer* compares one number a place; a *hint* all channels."
    )


def _question(lesson: Lesson) -> Question:
    hint = lesson.facts["layer_maps"]["hint"]
    pair = hint["pairs"][0]
    return Question(
        f"A hint compares {pair['student_shape']} of the student with {pair['teacher_shape']} of the teacher. How can "
        "that be?",
        ("It cannot", _CONNECTOR, "The teacher's surplus channels are dropped"),
        _CONNECTOR,
        f"It is called a connector: {pair['connector']}, {hint['parameters']:,} parameters on the student's side. It "
        "learns with the student and is left out of the exported file. Attention maps have one channel and need none.",
    )


def _picture(lesson: Lesson) -> None:
    loss = st.segmented_control(
        "Loss",
        list(lesson.facts["layer_maps"]),
        default="at",
        required=True,
        format_func=lambda name: LOSSES[name].title,
        key="learn_layers_loss",
        persist_state="session",
    )
    pairs = lesson.facts["layer_maps"][loss]["pairs"]
    sides = lesson.facts["layers"]
    said = [(pair["student"], pair["teacher"], pair["reason"].replace(", ", ",<br>")) for pair in pairs]
    alt = "; ".join(
        f"student {pair['student']} learns from teacher {pair['teacher']}: {pair['reason']}" for pair in pairs
    )
    student, teacher = ({name: _short(shape) for name, shape in sides[who].items()} for who in ("student", "teacher"))
    beside = {pair["student"]: pair["teacher"] for pair in lesson.facts["layer_maps"]["at"]["pairs"]}
    chart(
        layer_pairs(student, teacher, said, beside),
        name="layers",
        version=loss,
        alt=alt,
        height=460,
    )
    connectors = [pair["connector"] for pair in pairs if not pair["connector"].startswith("none")]
    between = (
        f"Between them: {', '.join(dict.fromkeys(connectors))}."
        if connectors
        else "Nothing stands between them: maps of activity are compared as they are."
    )
    st.caption(f"{between} Shapes are channels × height × width.")


def _short(shape: str) -> str:
    """``16 channels of 28x28`` -> ``16×28×28``, which a narrow box holds."""
    return shape.replace(" channels of ", "×").replace("x", "×")


STEP = Step("Layer map", _words, _question, _picture, "Try it: train with a hint", ('terms=["hint"]',))
