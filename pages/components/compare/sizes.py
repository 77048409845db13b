"""One button: several sizes of student learn alike, and a study shows accuracy against size as they finish."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.insight.names import data_name, teacher_name
from distill_core.insight.words import count
from distill_core.presets import BEGINNINGS, load
from distill_core.runs.records import RunRecord
from distill_core.studies import keeping
from distill_core.studies.design import sizes_plan
from distill_core.studies.pace import in_words, study_seconds
from distill_core.studies.queueing import queue_missing
from pages.components.as_text import as_text
from pages.components.catalogue import students
from pages.components.jobs import manager
from pages.components.studies.shelf import PAGE

USUAL = {"vision": ("resnet8-w4", "resnet8-w8", "resnet8-w16"), "language": ("gpt-2x32", "gpt-2x64", "gpt-2x128")}


def compare_sizes(known: Sequence[RunRecord]) -> None:
    """Sizes to choose, how often to repeat, and the button.

    Args:
        known: finished runs, the newest first: its settings are taken, or those of the preset where there is none.
    """
    base = _base(known)
    with st.expander("Compare student sizes", icon=":material/straighten:"):
        st.markdown(
            f"Each size learns {as_text(data_name(base))} from {as_text(teacher_name(base.teacher))} with the other "
            f"settings of {_whose(base, known)}. The curve fills in as they end, under Studies."
        )
        ladder = {choice.name: choice for choice in students(base.task)}
        chosen = st.multiselect(
            "Students",
            list(ladder),
            default=[name for name in USUAL.get(base.task, ()) if name in ladder],
            format_func=lambda name: f"{name} · {count(ladder[name].parameters)}",
            key=f"sizes_{base.task}",
        )
        seeds = int(
            st.number_input(
                "Seeds",
                min_value=1,
                max_value=10,
                value=1,
                step=1,
                key="sizes_seeds",
                width=160,
                help="With one seed a small difference may be chance; three give an interval.",
            )
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                "Compare sizes", type="primary", icon=":material/play_arrow:", key="sizes", disabled=len(chosen) < 2
            )
            st.caption(_how_much(base, chosen, seeds) if len(chosen) > 1 else "Choose two sizes or more.")
    if pressed:
        start_sizes(base, chosen, seeds)


def _base(known: Sequence[RunRecord]) -> DistillConfig:
    """The newest run with a teacher whose sizes are a ladder; else the quickstart."""
    newest = next((record.config for record in known if _is_of_a_ladder(record.config)), None)
    return newest or load(BEGINNINGS["vision"])


def _is_of_a_ladder(config: DistillConfig) -> bool:
    named = {choice.name for choice in students(config.task)}
    return config.teacher is not None and config.begin_from is None and config.student in named


def _whose(base: DistillConfig, known: Sequence[RunRecord]) -> str:
    newest = next((record for record in known if record.config == base), None)
    return BEGINNINGS[base.task] if newest is None else f"the newest run, {as_text(newest.name or newest.id)}"


def _how_much(base: DistillConfig, chosen: Sequence[str], seeds: int) -> str:
    jobs = tuple(sizes_plan(base, chosen, seeds, taken=()).jobs())
    seconds = study_seconds(manager().store.list(), jobs)
    runs = f"{len(jobs)} runs, each with its baseline" if base.baseline else f"{len(jobs)} runs"
    return f"{runs}." + (f" That takes {in_words(seconds)}." if seconds else "")


def start_sizes(base: DistillConfig, chosen: Sequence[str], seeds: int) -> None:
    """Makes a study of these students with the other settings of `base`, puts its runs in the queue and opens it.

    Where there is one of the same runs already, that is opened, and what it misses is put in the queue.
    """
    home = manager().store.home
    try:
        kept = keeping.kept(home)
        plan = sizes_plan(base, chosen, seeds, taken=(*kept, *keeping.recorded()))
        plan = next((each for each in kept.values() if each.runs_as(plan)), plan)
        keeping.keep(home, plan)
        queue_missing(manager(), tuple(plan.jobs()))
    except DistillError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page(PAGE, query_params={"study": plan.name})
