"""What the classes of the chosen data are called."""

from __future__ import annotations

import json

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.choices import TeacherChoice
from distill_core.task import task_named
from pages.components.form.state import base


def class_names(teacher: TeacherChoice | None) -> dict[int, str]:
    """Numbers and names of classes, or of kinds of prompt, as far as they are known; of files that are gone, none."""
    files = st.session_state.get("form_data_folder") or None
    chosen = base().model_copy(update={"dataset": st.session_state.form_dataset, "data_folder": files})
    groups = _kinds(json.dumps(chosen.model_dump(mode="json")))
    return dict(enumerate(groups or (teacher.classes if teacher else ())))


@st.cache_data(show_spinner=False, ttl=5.0)
def _kinds(settings: str) -> tuple[str, ...]:
    """As the data's files say, which may be many."""
    config = DistillConfig.parse(json.loads(settings))
    try:
        return task_named(config.task).foreseen(config).kinds
    except DistillError:  # told below the name of the folder or file
        return ()
