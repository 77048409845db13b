"""What runs differ in: in words for a table, and as parallel axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.config import WISHES
from distill_core.figures.loss import title_of
from distill_core.figures.overlay import MOST_RUNS, Axis
from distill_core.insight.names import student_name, teacher_name
from distill_core.insight.settings import differences, said
from distill_core.runs.measured import cpu_ms
from distill_core.runs.records import RunRecord
from pages.components.as_text import as_text
from pages.components.comparison import hundredfold
from pages.components.form.words import NAMES

_POOLS = {
    "all": "",
    "easiest": " on the easiest",
    "curriculum": " from the easiest on",
    "labelled": " on labelled ones",
    "classes": " on some kinds",
}
MOST_SETTINGS = 4
"""More axes than these beside the accuracy could not be told apart in a narrow window; settings go before costs."""
USUAL, DITTO = "most", "″"
_LONG = ("phases", "terms", "labels_file", "data_folder")
"""Settings whose values are too long for an axis."""


def what_differs(records: Sequence[RunRecord]) -> None:
    """The settings that differ, a row each; what most runs have is said once, so that the others stand out."""
    st.markdown("#### What differs")
    if len(records) < 2:
        st.caption("One run alone differs from nothing.")
        return
    if len(records) > MOST_RUNS:
        st.caption(f"Tick two to {MOST_RUNS} runs in the table to see which settings tell them apart.")
        return
    settings = differing(records)
    if settings.empty:
        st.caption("These runs have the same settings.")
        return
    shown = with_usual(settings)
    st.table(shown.map(as_text), border="horizontal", alt="Settings that differ")
    ditto = f" {DITTO} stands for what most of them have." if USUAL in shown else ""
    st.caption(f"A run is called by the first letters of its name in the table.{ditto} All other settings are equal.")


def with_usual(settings: pd.DataFrame) -> pd.DataFrame:
    """The table of `differing` with what more than half of the runs have in a column of its own, said once."""
    usual = settings.apply(_usual, axis="columns")
    if settings.shape[1] < 3 or not (usual != "").any():
        return settings
    table = settings.copy()
    for run in settings:
        table[run] = settings[run].where(settings[run] != usual, DITTO)
    table.insert(0, USUAL, usual)
    return table


def _usual(row: pd.Series[Any]) -> str:
    value, times = Counter(row).most_common(1)[0]
    return str(value) if 2 * times > len(row) else ""


def differing(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a setting that differs, one column a run: the end of its id, the whole where two have the same end."""
    found = _differences(records)
    table = {_title(name): _in_words(name, found[name]) for name in found}
    heads = [record.short for record in records]
    if len(set(heads)) < len(heads):
        heads = [record.id for record in records]
    return pd.DataFrame.from_dict(table, orient="index", columns=heads)


def _differences(records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """Of settings that could make a difference: a wish to see more changes no number."""
    found = differences([record.config for record in records])
    return {name: values for name, values in found.items() if name not in WISHES}


def axes(records: Sequence[RunRecord]) -> list[Axis]:
    """The settings that differ, what the students cost, and last what came of them."""
    found = _differences(records)
    settings = [_axis(name, values) for name, values in found.items() if name not in _LONG][:MOST_SETTINGS]
    students = [(record.summary or {}).get("student") or {} for record in records]
    costs = [
        Axis("Parameters", [student.get("parameters") for student in students], ".2~s"),
        Axis("CPU time, ms", [cpu_ms(record.summary or {}) for record in records], ".2~g"),
    ]
    costs = [axis for axis in costs if len(set(axis.values) - {None}) > 1][: max(MOST_SETTINGS - len(settings), 0)]
    result = Axis("Accuracy, %", [hundredfold(student.get("accuracy")) for student in students], ".1f")
    return [*settings, *costs, result]


def _axis(name: str, values: Sequence[Any]) -> Axis:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values):
        return Axis(_title(name), list(values), "~g")
    return Axis(_title(name), _in_words(name, values))


def _title(name: str) -> str:
    return NAMES.get(name, name.replace("_", " ").capitalize())


def _in_words(name: str, values: Sequence[Any]) -> list[str]:
    """The values of one setting as people say them; in full where words would hide what differs."""
    full = [said(name, value) for value in values]
    words = [_words(name, value) for value in values]
    return words if len(set(words)) == len(set(full)) else full


def _words(name: str, value: Any) -> str:
    if name == "terms":
        weights = ["" if term["weight"] is None else f" × {term['weight']:g}" for term in value]
        titles = [title_of(term["loss"]) for term in value]
        return " + ".join(map("".join, zip(titles, weights, strict=True))) or "none"
    if name == "phases":
        return " · ".join(f"{phase['name']} {phase['share']:.0%}{_POOLS[phase['pool']]}" for phase in value)
    if name == "student":
        return student_name(value)
    if name in ("teacher", "begin_from") and value is not None:
        return teacher_name(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else said(name, value)
