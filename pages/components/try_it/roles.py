"""The three models as every part of this page calls and colours them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.insight.words import count, listed, milliseconds
from distill_core.runs.trio import Source
from pages.components.as_text import as_text

COLOURS = {"teacher": "violet", "baseline": "orange", "student": "green"}


def coloured(role: str) -> str:
    """``:violet[teacher]``."""
    return f":{COLOURS[role]}[{role}]"


def heading(source: Source) -> None:
    """A model's role, and its name below it."""
    name = as_text(source.name)
    st.markdown(f":{COLOURS[source.role]}[**{source.role.capitalize()}**]  \n:gray[:small[{name}]]")


def cost(source: Source, cpu_ms: float, of: str = "") -> None:
    """The CPU time an answer took, or a part ``of`` it, and the size of the model."""
    size = f"  \n:gray[:small[{count(source.parameters)} parameters]]" if source.parameters else ""
    st.markdown(f"**{milliseconds(cpu_ms)}** :gray[:small[{of or 'of CPU time'}]]{size}")


def right_or_wrong(right: bool) -> None:
    """A badge."""
    icon = ":material/check:" if right else ":material/close:"
    st.badge("right" if right else "wrong", icon=icon, color="blue" if right else "red")


def as_the_teacher(same: bool) -> None:
    """A badge for an answer of which nobody knows whether it is right."""
    st.badge("agrees" if same else "differs", color="gray", help="With the teacher.")


def camp_in_words(answers: Sequence[tuple[str, list[str]]]) -> str:
    """Who says what, in a sentence.

    ``[("Coat", [teacher, student]), ("Shirt", [baseline])]`` -> ``Teacher and student say **Coat**, the baseline
    **Shirt**.``
    """
    if len(answers) == 1:
        said, roles = answers[0]
        if len(roles) == 1:
            return f"The {coloured(roles[0])} says **{as_text(said)}**."
        return f"{'All three' if len(roles) == 3 else 'Both'} say **{as_text(said)}**."
    parts = []
    for number, (said, roles) in enumerate(answers):
        verb = "" if number else " say" if len(roles) > 1 else " says"
        parts.append(f"the {listed([coloured(role) for role in roles])}{verb} **{as_text(said)}**")
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."
