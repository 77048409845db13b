"""What a teacher is, in words that its card and its page share."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from distill_core.cards import WEIGHTS
from distill_core.insight.teachers import ORIGINS, Teacher
from distill_core.insight.words import count, megabytes, percent
from pages.components.as_text import as_text
from pages.components.catalogue import architecture
from pages.components.links import train_link


def heading(teacher: Teacher, *, large: bool) -> None:
    """Its name, and a badge that says where it comes from; inside a horizontal container."""
    if large:
        st.header(f":violet[{as_text(teacher.title)}]", anchor=False, width="content")
    else:
        st.markdown(f"**:violet[{as_text(teacher.title)}]**", width="content")
    st.badge(
        ORIGINS[teacher.origin], icon=":material/inventory_2:" if teacher.origin == "inside" else None, color="gray"
    )


def facts(teacher: Teacher) -> str:
    """Architecture, parameters, size of its file, data set, labels it saw."""
    card = teacher.card
    labels = f"{card.labels_seen:,} labels seen" if card.labels_seen else ""
    parts = [
        architecture(card.architecture, card.task),
        f"{count(card.parameters)} parameters",
        _size(teacher.folder),
        card.dataset,
        labels,
    ]
    return " · ".join(part for part in parts if part)


def accuracy(teacher: Teacher) -> str:
    """``**93.4%** right on 10,000 test images of ...``; "" where nobody scored it."""
    card = teacher.card
    return f"**{percent(card.accuracy)}** right on {card.accuracy_on}" if card.accuracy is not None else ""


def use_it(lesson: tuple[str, tuple[str, ...]] | None) -> None:
    """The way to the Train page, set up as a lesson; nothing where there is no ready one."""
    if lesson is not None:
        train_link("Use it", lesson[0], *lesson[1])


def _size(folder: Path | None) -> str:
    if folder is None:
        return ""
    try:
        return megabytes((folder / WEIGHTS).stat().st_size)
    except OSError:
        return "weights missing"
