"""A study's charts: the variants beside each other, what they cost, and a heat map where there is a grid."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.figures import Figure
from distill_core.figures.studies import (
    STUDY_COSTS,
    TEST_ACCURACY,
    StudyCost,
    study_costs,
    study_grid,
    study_variants,
    variants_height,
)
from distill_core.insight.measures import ACCURACY, Measure
from distill_core.studies.outcome import RunRow, VariantRow
from distill_core.studies.plan import StudyPlan
from distill_core.studies.reading import costs_differ, grid_frame, seeds_frame, teacher_accuracy, variants_frame
from pages.components.live_chart import live_chart, payload

HEIGHT = 420
_COST_NAMES: dict[StudyCost, str] = {"parameters": "Parameters", "bytes": "File size", "cpu_ms": "CPU time"}


def charts(plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow], measure: Measure) -> None:
    """The variants on the left, and on the right what explains them best."""
    grid = grid_frame(plan, found)
    costs = costs_differ(found)
    if grid is None and not costs:
        _variants(plan, rows, found, measure)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _variants(plan, rows, found, measure)
    with right:
        if grid is not None:
            _heading("Temperature and alpha")
            _show(study_grid(grid), plan, rows, "grid", "Test accuracy over temperature and alpha", HEIGHT)
            st.caption(
                "Mean test accuracy: the fuller the colour, the better. Solid frame: chosen on validation. Dotted: the "
                "reference."
            )
        if costs:
            _costs(plan, rows, found, measure)


def _variants(plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow], measure: Measure) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("#### Variants", width="content")
        st.space("stretch")
        close = st.toggle(
            "Close-up", key="study_close", help="Leaves teacher and baselines out, so that the variants fill the chart."
        )
    frame, teacher = variants_frame(plan, rows, found), teacher_accuracy(rows)
    figure = study_variants(frame, seeds_frame(rows), teacher=teacher, close=close, axis=_axis(measure))
    name = f"variants-{measure.name}{'-close' if close else ''}"
    _show(
        figure, plan, rows, name, f"Test {measure.title.lower()} of every variant and seed", variants_height(len(found))
    )


def _costs(plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow], measure: Measure) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"#### {measure.title} against size", width="content")
        st.space("stretch")
        cost: StudyCost = st.segmented_control(
            "Cost",
            [cost for cost in STUDY_COSTS if any(getattr(row, cost) is not None for row in found)],
            default="parameters",
            required=True,
            format_func=_COST_NAMES.__getitem__,
            label_visibility="collapsed",
            key="study_cost",
        )
    frame, teacher = variants_frame(plan, rows, found, cost), teacher_accuracy(rows)
    figure = study_costs(frame, cost=cost, teacher=teacher, axis=_axis(measure))
    _show(figure, plan, rows, f"cost-{measure.name}-{cost}", f"Test {measure.title.lower()} against size", HEIGHT)
    st.caption(
        "Up and to the left is better. The line joins the Pareto front: variants that no other beats at the same cost "
        "or less."
    )


def _axis(measure: Measure) -> str:
    return TEST_ACCURACY if measure.name == ACCURACY else f"{measure.axis}, test"


def _heading(text: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", height=36, border=False):
        st.markdown(f"#### {text}")


def _show(figure: Figure, plan: StudyPlan, rows: Sequence[RunRow], name: str, alt: str, height: int) -> None:
    """Draws a chart anew when a run came to it, and else leaves it as it is."""
    version = f"{plan.name}-{name}-{'-'.join(row.run_id for row in rows)}"
    kind = name.partition("-")[0]
    live_chart(
        payload(figure, name=f"study-{kind}", version=version, alt=alt, height=height),
        key=f"study-{kind}",
        height=height,
    )
