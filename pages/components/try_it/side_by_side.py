"""Three models side by side: what each answers to one image, how sure it is, and how long it took."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from distill_core.edge.asking import Answer, Classifier
from distill_core.edge.pixels import Pixels
from distill_core.errors import DistillError
from distill_core.figures.answers import answer_bars, height_of
from distill_core.insight.answers import Shares, camps, shown_classes
from distill_core.insight.words import percent
from distill_core.runs.records import RunRecord
from distill_core.softening import softened
from pages.components.as_text import as_text
from pages.components.live_chart import live_chart, payload
from pages.components.try_it.files import Standing, absent, as_path, beside_a_training, stamp
from pages.components.try_it.given import Given
from pages.components.try_it.roles import (
    as_the_teacher,
    camp_in_words,
    coloured,
    cost,
    heading,
    right_or_wrong,
)

STOPS = (1, 2, 4, 8)


@st.cache_resource(show_spinner=False, max_entries=6)
def classifier(stamped: tuple[str, int]) -> Classifier:
    """A file, open; the same for every tab."""
    return Classifier(as_path(stamped))


@st.cache_data(show_spinner=False, max_entries=64)
def _answered(stamped: tuple[str, int], image: Pixels) -> tuple[Answer, list[str]]:
    """A model's answer, and what is to be remarked on the time it took."""
    return classifier(stamped).answer(image), beside_a_training()


def side_by_side(given: Given, models: Mapping[str, Standing], classes: tuple[str, ...], record: RunRecord) -> None:
    """Asks each model that is there and shows its answer."""
    answers, remarks, refused = _ask(given, models)
    said = {role: classes[int(answer.logits.argmax())] for role, answer in answers.items()}
    sentence, control = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with sentence:
        st.markdown(camp_in_words(camps(said)) if said else "No model can answer yet.")
    with control:
        temperature = st.select_slider(
            "Temperature of the shown distributions",
            STOPS,
            key="try_temperature",
            persist_state="session",
            help="Scores are divided by it before the softmax. A higher one shows what else a model holds possible; "
            "which class is first stays as it is.",
        )
    shares = {role: softened(answer.logits, temperature) for role, answer in answers.items()}
    shown = shown_classes(list(shares.values()), given.truth) if shares else []
    for (role, model), column in zip(models.items(), st.columns(len(models), gap="medium", border=True), strict=True):
        with column:
            heading(model.source)
            if role in answers:
                _verdict(said, role, given, classes)
                _chart(role, shares[role], shown, classes, given.truth, temperature)
                cost(model.source, answers[role].cpu_ms)
            else:
                absent(refused.get(role, model))
    if answers:
        _below(answers, remarks, record, temperature)


def _ask(given: Given, models: Mapping[str, Standing]) -> tuple[dict[str, Answer], list[str], dict[str, Standing]]:
    """The answers, what is to be remarked on their times, and whose file cannot be asked after all."""
    answers: dict[str, Answer] = {}
    remarks: list[str] = []
    refused: dict[str, Standing] = {}
    for role, model in models.items():
        if model.state != "ready":
            continue
        try:
            answers[role], remarks = _answered(stamp(model.source), given.image)
        except DistillError as error:
            refused[role] = replace(model, state="failed", why=str(error))
    return answers, remarks, refused


def _verdict(said: Mapping[str, str], role: str, given: Given, classes: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"#### {as_text(said[role])}", width="content")
        if given.truth is not None:
            right_or_wrong(said[role] == classes[given.truth])
        elif role != "teacher" and "teacher" in said:
            as_the_teacher(said[role] == said["teacher"])


def _chart(
    role: str, shares: Shares, shown: list[int], classes: tuple[str, ...], truth: int | None, temperature: int
) -> None:
    frame = pd.DataFrame(
        {
            "name": [classes[place] for place in shown],
            "share": shares[shown],
            "right": [place == truth for place in shown],
        }
    )
    first = np.argsort(-shares)[:3]
    alt = f"{role.capitalize()} at temperature {temperature}: " + ", ".join(
        f"{classes[int(place)]} {percent(float(shares[place]))}" for place in first
    )
    version = f"{temperature}-{truth}-{zlib.crc32(shares.tobytes())}-{len(shown)}"
    height = height_of(len(shown))
    live_chart(
        payload(
            answer_bars(frame, role), name=f"answer-{role}", version=version, alt=alt, height=height, toolbar=False
        ),
        key=f"try-answer-{role}",
        height=height,
    )
    if len(shown) < len(classes):
        rest = 1 - float(shares[shown].sum())
        st.caption(f"The other {len(classes) - len(shown):,} classes together: {percent(rest)}.")


def _below(answers: Mapping[str, Answer], remarks: list[str], record: RunRecord, temperature: int) -> None:
    repeats = next(iter(answers.values())).repeats
    lines = [f"CPU time here, now: this one image, on one thread, the median of {repeats} calls of the exported file."]
    if "teacher" in answers and "student" in answers:
        times = answers["teacher"].cpu_ms / answers["student"].cpu_ms
        lines.append(f"The {coloured('teacher')} takes {times:.1f} times as long as the {coloured('student')}.")
    lines += remarks
    taught = record.config.objective.temperature
    if "teacher" in answers and temperature == taught:
        lines.append(f"At T = {taught:g} the {coloured('student')} learned from the {coloured('teacher')} in this run.")
    st.caption(" ".join(lines))
