"""A study's table: a row a variant; it sorts by numbers and shows them with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from distill_core.insight.measures import Measure
from distill_core.insight.words import count, megabytes, milliseconds, percent
from distill_core.studies.outcome import VariantRow
from distill_core.studies.plan import StudyPlan
from distill_core.studies.reading import ANSWERS, test_inputs
from distill_core.studies.words import gained, share

MOST_ROWS = 16
_TIME_HELP = "One image, or one window of tokens read; one thread, median; the quickest of the seeds."

_SAID: dict[Any, Any] = {
    "validation": percent,
    "parameters": count,
    "bytes": megabytes,
    "cpu_ms": milliseconds,
    "speed": "{:,.0f}",
}


def table(plan: StudyPlan, found: Sequence[VariantRow], measure: Measure) -> None:
    """The variants with finished runs, in the study's order."""
    asked = test_inputs(plan)
    reference = plan.variants[0].name
    frame = pd.DataFrame([_row(row, reference) for row in found]).dropna(axis="columns", how="all")
    shown = frame.style.format({name: said for name, said in _SAID.items() if name in frame}, na_rep="–")
    for at, row in enumerate(found):
        for column, said in _with_intervals(row).items():
            if column in frame:
                shown = shown.format(_always(said), subset=pd.IndexSlice[[at], [column]])
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height="content" if len(frame) <= MOST_ROWS else 38 + 35 * MOST_ROWS,
        alt="Results of the variants",
        placeholder="–",
        key="study_results",
        column_config={
            "variant": text("Variant", pinned=True, width="medium"),
            "seeds": number("Seeds", help="How many are finished."),
            "accuracy": number(measure.title, help=f"Mean on the {asked} ± half of its 95% interval."),
            "gain": number("Gain", help="Points over the same student on labels alone, paired by seed."),
            "difference": number("Difference", help=f"Points against {reference}, paired by seed."),
            "answer": text("In words", help="Whether the interval of the difference leaves out 0."),
            "validation": number("Validation", help="Accuracy, by which one may choose; the test only reports."),
            "parameters": number("Parameters"),
            "bytes": number("Size", help="Of the ONNX file."),
            "cpu_ms": number(
                "CPU time",
                help="One image, or one window of tokens read; one thread, median; the quickest of the seeds.",
            ),
            "speed": number(f"{asked.removeprefix('test ').capitalize()}/s", help="Of training."),
        },
    )


def _row(row: VariantRow, reference: str) -> dict[str, Any]:
    is_reference = row.variant == reference
    return {
        "variant": row.variant,
        "seeds": row.seeds,
        "accuracy": row.accuracy.mean,
        "gain": row.gain.mean if row.gain else None,
        "difference": row.difference.mean if row.difference else 0.0 if is_reference else None,
        "answer": "reference" if is_reference else ANSWERS[row.difference.answer] if row.difference else "–",
        "validation": row.validation,
        "parameters": row.parameters,
        "bytes": row.bytes,
        "cpu_ms": row.cpu_ms,
        "speed": row.images_per_second,
    }


def _with_intervals(row: VariantRow) -> dict[str, str]:
    return {"accuracy": share(row.accuracy), "gain": gained(row.gain), "difference": gained(row.difference)}


def _always(text: str) -> Callable[[Any], str]:
    return lambda _value: text
