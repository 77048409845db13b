"""What the classes of the chosen data are called."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from distill_core.insight.choices import TeacherChoice
from distill_core.task import task_named
from pages.components.form.state import base


def class_names(teacher: TeacherChoice | None) -> dict[int, str]:
    """Numbers and names of classes, or of kinds of prompt, as far as they are known; of files that are gone, none."""
    files = st.session_state.get("form_data_folder") or None
    chosen = base().model_copy(update={"dataset": st.session_state.form_dataset, "data_folder": files})
    try:
        groups = task_named(base().task).foreseen(chosen).kinds
    except DistillError:  # told below the name of the folder or file
        groups = ()
    return dict(enumerate(groups or (teacher.classes if teacher else ())))
