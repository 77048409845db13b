"""The form that makes a new study: where it starts from, what varies, and how many seeds."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.insight.layer_map import layer_map
from distill_core.losses.registry import LOSSES
from distill_core.presets import load, names
from distill_core.studies import keeping
from distill_core.studies.design import baselines, name_from
from distill_core.studies.pace import in_words, study_seconds
from distill_core.studies.plan import Job, StudyPlan, named_variants
from distill_core.studies.queueing import queue_missing
from pages.components.comparison import label
from pages.components.form.problems import refusals_of
from pages.components.form.words import of_layers, on_screen
from pages.components.jobs import manager
from pages.components.studies.choices import AXES, Axis
from pages.components.studies.listing import count_of, size_of
from pages.components.studies.shelf import PAGE
from pages.components.trouble import fragment

MOST_SEEDS = 20
MOST_TOLD = 4


def new_study() -> None:
    """The page."""
    st.page_link(PAGE, label="All studies", icon=":material/arrow_back:", width="content")
    st.title("New study", anchor=False)
    fragment(_form)()


def _form() -> None:
    known = manager().store.list(role="run")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("#### What it is")
        title = st.text_input("Name", key="study_title", max_chars=60, placeholder="Which temperature?").strip()
        start, base = _base(known)
        seeds = int(
            st.number_input(
                "Seeds",
                min_value=1,
                max_value=MOST_SEEDS,
                value=3,
                step=1,
                key="study_seeds",
                help="Each variant runs once with every seed. With one seed a difference cannot be told from chance.",
            )
        )
    with right:
        st.markdown("#### What varies")
        chosen = _axes(start, base)
    plan, wrong = _plan(title, base, chosen, seeds)
    wrong += _clash(title)
    jobs = tuple(plan.jobs()) if plan is not None else ()
    wrong += _refused(jobs)
    if wrong:
        st.error("  \n".join(wrong), icon=":material/error:")
    _create(plan if not wrong else None, jobs, title, chosen)


def _base(known: Any) -> tuple[str, DistillConfig]:
    """Whose settings the study starts from; returns its key and the settings."""
    finished = {record.id: record for record in known if record.status == "finished"}
    start = st.selectbox(
        "Start from",
        [*_presets(), *finished],
        format_func=lambda key: label(finished[key]) if key in finished else f"{key} (preset)",
        key="study_base",
        help="Its settings are those of every variant, but for what varies.",
    )
    base = finished[start].config if start in finished else load(start)
    return start, base


def _presets() -> list[str]:
    """The quickstart first: it is the shortest."""
    return sorted(names(), key=lambda name: (name != "quickstart", name))


def _axes(start: str, base: DistillConfig) -> dict[str, dict[str, Any] | str]:
    """The settings to vary, each with its values by name, or with what is wrong about them."""
    offered = [name for name, axis in AXES.items() if base.teacher is not None or not axis.taught]
    picked = st.multiselect(
        "Settings to vary, at most two",
        offered,
        default=offered[1:2],
        max_selections=2,
        format_func=lambda name: AXES[name].title,
        key=f"study_axes_{start}",
    )
    found: dict[str, dict[str, Any] | str] = {}
    for name in picked:
        words = _words(AXES[name], start, base)
        try:
            found[name] = AXES[name].values(words)
        except ConfigError as error:
            found[name] = f"{error}."
    if picked:
        st.caption("The first value of each makes the reference that the other variants are compared with.")
    return found


def _words(axis: Axis, start: str, base: DistillConfig) -> list[str]:
    offered = axis.offered(base)
    return st.multiselect(
        f"{axis.title}: values",
        offered,
        default=offered[:3],
        accept_new_options=axis.open,
        placeholder="Choose or write values" if axis.open else "Choose",
        key=f"study_values_{axis.setting}_{start}",
    )


def _plan(
    title: str, base: DistillConfig, chosen: dict[str, dict[str, Any] | str], seeds: int
) -> tuple[StudyPlan | None, list[str]]:
    """The study that the inputs describe, if they describe one, and what is wrong."""
    wrong = [values for values in chosen.values() if isinstance(values, str)]
    vary = {name: values for name, values in chosen.items() if isinstance(values, dict)}
    if wrong or not vary or not all(vary.values()):
        return None, wrong
    data = {
        "name": name_from(title) or "study",
        "title": title,
        "base": base,
        "variants": [variant.model_dump() for variant in named_variants(vary)],
        "seeds": tuple(range(seeds)),
    }
    try:
        return StudyPlan.parse(data), []
    except ConfigError as error:
        return None, [on_screen(line) for line in str(error).splitlines()]


def _clash(title: str) -> list[str]:
    name = name_from(title)
    if title and not name:
        return [f"Name: {title!r} has no letter from a to z and no digit; its address needs one."]
    if name in keeping.kept(manager().store.home) or name in keeping.recorded():
        return [f"Name: there is a study called {name} already. Choose another name."]
    return []


def _refused(jobs: tuple[Job, ...]) -> list[str]:
    """Which variants would fail at their start, and why."""
    found = {}
    for job in jobs:
        if job.variant not in found:
            found[job.variant] = _why_not(job.config)
    told = [f"{variant}: {why}" for variant, why in found.items() if why]
    more = len(told) - MOST_TOLD
    return told[:MOST_TOLD] + ([f"{more} more variants cannot run either."] if more > 0 else [])


def _why_not(config: DistillConfig) -> str:
    refused = refusals_of(config)
    if refused:
        return on_screen(refused[0])
    for term in config.terms:
        if LOSSES[term.loss].layers != "none" or term.loss == "deit":
            kinds = ("task", "dataset", "data_folder", "image_size", "student", "teacher", "terms")
            why = _layers_do_not_pair(json.dumps(config.model_dump(mode="json", include=set(kinds))), term.loss)
            if why:
                return of_layers(why, LOSSES[term.loss].title)
    return ""


@st.cache_data(show_spinner=False, ttl=60.0)
def _layers_do_not_pair(settings: str, loss: str) -> str:
    try:
        layer_map(DistillConfig.parse(json.loads(settings)), loss)
    except DistillError as error:
        return str(error)
    return ""


def _create(plan: StudyPlan | None, jobs: tuple[Job, ...], title: str, chosen: dict[str, dict[str, Any] | str]) -> None:
    ready = plan is not None and bool(title)
    st.space("small")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            "Create and start", type="primary", icon=":material/play_arrow:", key="create-study", disabled=not ready
        )
        if plan is not None:
            st.caption(_how_much(plan, jobs) + ("" if title else " Give it a name to start it."))
        elif not chosen or any(values == {} for values in chosen.values()):
            st.caption("Choose a setting to vary and at least one value of it.")
        else:
            st.caption("Nothing starts until that is mended.")
    if pressed and ready and plan is not None:
        _start(plan, jobs)


def _how_much(plan: StudyPlan, jobs: tuple[Job, ...]) -> str:
    text = f"{size_of(plan)} = {count_of(len(jobs), 'run')}"
    needed = baselines(jobs)
    if needed:
        text += f", and {count_of(needed, 'baseline')} on labels alone unless known from earlier runs"
    seconds = study_seconds(manager().store.list(), jobs)
    return f"{text}." + (f" That takes {in_words(seconds)}." if seconds else "")


def _start(plan: StudyPlan, jobs: tuple[Job, ...]) -> None:
    if plan.name in keeping.kept(manager().store.home):
        st.error(f"There is a study called {plan.name} already. Choose another name.", icon=":material/error:")
        return
    try:
        keeping.keep(manager().store.home, plan)
        queue_missing(manager(), jobs)
    except DistillError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page(PAGE, query_params={"study": plan.name})
