"""What can be chosen: students by size, teachers that fit a data set, and how large a data set is."""

from __future__ import annotations

import json

import streamlit as st

from distill_core.cards import HF, model_folders
from distill_core.config import DistillConfig
from distill_core.insight.choices import TeacherChoice, teachers_for
from distill_core.insight.foresight import student_parameters
from distill_core.language import local_models
from distill_core.language import models as language_models
from distill_core.language import task as language_task
from distill_core.language.datasets import JUDGED
from distill_core.losses.registry import LENDER
from distill_core.task import ModelChoice, task_named
from distill_core.vision import models as vision_models
from distill_core.vision import task as vision_task
from pages.components.jobs import manager


@st.cache_data(show_spinner=False, ttl=30)
def students(task: str = "vision") -> list[ModelChoice]:
    """The ladder, smallest first."""
    return list(task_named(task).students())


def teachers(dataset: str, task: str = "vision") -> list[TeacherChoice]:
    """The teachers that ship with the project and those of the user's own runs, for this data set."""
    published = model_folders(manager().store.home / "teachers").items()
    trained = [
        (record.name or record.id, record.folder / "best")
        for record in manager().store.list("run")
        if record.status == "finished" and record.config.teacher is None and record.config.task == task
    ]
    own = [*published, *trained]
    ships = language_task.TEACHERS if task == "language" else vision_task.TEACHERS
    found = teachers_for(dataset, model_folders(ships), own)
    return [*hugging_face(dataset), *found] if task == "language" else found


def hugging_face(dataset: str) -> list[TeacherChoice]:
    """The Hugging Face models that are here, as teachers of texts that are not made of characters alone."""
    if dataset in JUDGED:
        return []
    return [
        TeacherChoice(f"{HF}{choice.name}", choice.title, choice.parameters, None, None, ())
        for choice in local_models.teachers()
    ]


def architecture(name: str, task: str = "vision") -> str:
    """An architecture as people say it; as it stands where it is no name of this project."""
    title = language_models.title if task == "language" else vision_models.title
    try:
        return title(name)
    except ValueError:
        return name


def exact_parameters(config: DistillConfig) -> int | None:
    """Of a configuration's student as it is deployed, on its own images; None if that is not known.

    Classes and channels count, and a teacher's classifier where a loss reuses it.
    """
    kinds = {"task", "dataset", "data_folder", "image_size", "student"}
    if any(term.loss == LENDER for term in config.terms):
        kinds |= {"teacher", "terms", "objective", "phases"}
    return _exact_parameters(json.dumps(config.model_dump(mode="json", include=kinds)))


@st.cache_data(show_spinner=False, ttl=5.0)
def _exact_parameters(settings: str) -> int | None:
    return student_parameters(DistillConfig.parse(json.loads(settings)))


@st.cache_data(show_spinner=False)
def training_images(dataset: str) -> int | None:
    """How many training images a data set that ships with the project has, by its provenance; None for others."""
    provenance = vision_task.ASSETS / dataset / "provenance.json"
    return int(json.loads(provenance.read_text("utf-8"))["counts"]["train"]) if provenance.is_file() else None
