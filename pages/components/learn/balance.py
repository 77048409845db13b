"""Step: what alpha balances, and why soft labels are multiplied by T^2."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from distill_core.figures.lesson.pull_bars import pull_bars
from distill_core.figures.lesson.pull_by_temperature import pull_by_temperature
from distill_core.insight.lesson import Lesson
from distill_core.insight.lesson_answers import STOPS
from distill_core.insight.lesson_pull import Pull, pull
from distill_core.insight.words import percent
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

_ASKED = 20.0
_NEARLY_ALL, _HALF, _LITTLE = "Nearly all of it", "About half of it", "Next to nothing"


def _words(lesson: Lesson) -> str:
    batch = len(lesson["batch_labels"])
    labelled = int(lesson["batch_labelled"].sum())
    return (
        "The :green[student] has two masters. Its loss is **alpha · T² ·** (distance to the :violet[teacher]'s soft "
        "targets) **+ (1 − alpha) ·** (error on the :blue[labels]). The bars show how hard each pulls at the student's "
        f"answers to one batch of {batch} images, of which {labelled} {'has' if labelled == 1 else 'have'} a label."
    )


def _question(lesson: Lesson) -> Question:
    alpha = float(lesson.facts["alpha"])
    with_square, without = (_at(lesson, 0, _ASKED, alpha, squared=squared) for squared in (True, False))
    cool = _at(lesson, 0, 1.0, alpha, squared=True)
    left = without.teacher / with_square.teacher
    right = _NEARLY_ALL if left > 0.8 else _HALF if left > 0.25 else _LITTLE
    return Question(
        f"Set T = {_ASKED:g} and leave T² out. How much of the teacher's pull is left?",
        (_NEARLY_ALL, _HALF, _LITTLE),
        right,
        f"{percent(left, 2)} of it: softened answers differ about T times less, and the softening divides the gradient "
        f"by T once more (the chain rule), so it shrinks about as 1/T². Of both pulls at the untrained student "
        f"together the teacher's is then {percent(without.share, 0)}. With T² it is {percent(with_square.share, 0)}, "
        f"not far from the {percent(cool.share, 0)} of T = 1: so alpha keeps its meaning.",
    )


def _at(lesson: Lesson, epoch: int, temperature: float, alpha: float, *, squared: bool) -> Pull:
    return pull(
        lesson["batch_student"][epoch],
        lesson["batch_teacher"],
        lesson["batch_labels"],
        lesson["batch_labelled"],
        temperature=temperature,
        alpha=alpha,
        squared=squared,
    )


def _picture(lesson: Lesson) -> None:
    alpha = st.slider(
        "alpha, the weight of the teacher",
        0.0,
        1.0,
        float(lesson.facts["alpha"]),
        0.05,
        key="learn_alpha",
        persist_state="session",
    )
    temperature = st.select_slider(
        "Temperature T",
        STOPS,
        value=float(lesson.facts["temperature"]),
        format_func=lambda stop: f"{stop:g}",
        key="learn_balance_temperature",
        persist_state="session",
    )
    squared = st.toggle("Multiply soft labels by T²", value=True, key="learn_squared", persist_state="session")
    moments = {
        "untrained": 0,
        f"epoch {lesson.epochs // 2}": lesson.epochs // 2,
        f"epoch {lesson.epochs}": lesson.epochs,
    }
    pulls = {name: _at(lesson, epoch, temperature, alpha, squared=squared) for name, epoch in moments.items()}
    frame = pd.DataFrame(
        [{"moment": name, "teacher": each.teacher, "labels": each.labels} for name, each in pulls.items()]
    )
    said = ", ".join(f"{name} {percent(each.share, 0)}" for name, each in pulls.items())
    chart(
        pull_bars(frame),
        name="pull",
        version=f"{alpha:g}-{temperature:g}-{squared}",
        alt=f"The teacher's share of the pull at alpha {alpha:g}, T = {temperature:g}: {said}",
        height=270,
    )
    _over_temperatures(lesson, alpha, temperature)
    st.caption(
        "Norms of the two weighted gradients on the logits of the same batch, worked out now from recorded logits. Few "
        "labels pull hard, for their error is averaged over them alone."
    )


def _over_temperatures(lesson: Lesson, alpha: float, now: float) -> None:
    """What T² is for, at one look: the untrained student at every temperature."""
    st.markdown("**The untrained student at every T**")
    kept, left_out = (
        [_at(lesson, 0, stop, alpha, squared=squared).share for stop in STOPS] for squared in (True, False)
    )
    frame = pd.DataFrame({"temperature": STOPS, "with_square": kept, "without": left_out})
    said = "; ".join(
        f"T = {stop:g} {percent(one, 0)} and {percent(other, 0)}"
        for stop, one, other in zip(STOPS, kept, left_out, strict=True)
    )
    chart(
        pull_by_temperature(frame, now),
        name="pull-by-temperature",
        version=f"{alpha:g}-{now:g}",
        alt=f"The teacher's share of the pull with T² and without: {said}",
        height=230,
    )


STEP = Step(
    "Alpha and T²",
    _words,
    _question,
    _picture,
    "Try it: alpha = 0.5, both pulls live",
    ("alpha=0.5",),
)
