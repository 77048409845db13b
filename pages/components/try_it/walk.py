"""The walk through the disagreements: all models asked about all test images, then one example after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from distill_core.edge.jobs import JobStopped, ShouldStop
from distill_core.insight.disagreements import FILTERS, found, unanimous
from pages.components.aside import Aside
from pages.components.trouble import fragment
from pages.components.try_it.files import Standing
from pages.components.try_it.roles import coloured

TICK = 0.5
_TITLES = {each.name: each.title for each in FILTERS}


@dataclass(frozen=True)
class Everything:
    """Each model's answers to all test inputs: `answers` and `right` by role, `[N]`; `surest` `[N]` of the student."""

    answers: dict[str, NDArray[Any]]
    right: dict[str, NDArray[np.bool_]]
    surest: NDArray[Any]


def stoppable(should_stop: ShouldStop) -> Callable[[], None]:
    """What a long piece of work calls now and then; raises once nobody waits for it."""

    def between() -> None:
        if should_stop():
            raise JobStopped("The asking was stopped before its end.")

    return between


def asked_beside(work: Any, arguments: tuple[Any, ...], what: str) -> Everything | None:
    """The result of work that goes on beside the page; None until then, and the page says what is awaited.

    Args:
        work: a cached function that begins the work and gives its `Aside`.
        arguments: of it.
        what: is being asked, such as ``4,000 test images``.
    """
    aside: Aside = work(*arguments)
    aside.wait(0.3)
    if aside.done and aside.result is not None:
        result: Everything = aside.result
        return result
    fragment(_told, run_every=None if aside.done else TICK)(work, arguments, what)
    return None


def _told(work: Any, arguments: tuple[Any, ...], what: str) -> None:
    aside: Aside = work(*arguments)
    if not aside.done:
        awaited(aside, f"Asking the models about {what} …", key="stop-walk")
    elif aside.result is not None:
        st.rerun()
    else:
        st.error(aside.error or "", icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", key="try-walk", on_click=work.clear, args=arguments)


def awaited(aside: Aside, what: str, key: str) -> None:
    """Says what goes on, beside a button that ends it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/hourglass_empty: {what}", width="content")
        st.button("Stop", icon=":material/stop:", key=key, on_click=aside.stop)


def walk(everything: Everything, noun: str, key: str) -> int | None:
    """Chooses a kind of disagreement and goes through its examples; gives the place of the one shown.

    Args:
        everything: see there.
        noun: what the inputs are called, such as ``test images``.
        key: tells these inputs and models from others.
    """
    places = found(everything.answers, everything.right, everything.surest)
    total, same = len(everything.surest), unanimous(everything.answers)
    how_many = {2: "Both", 3: "All three"}.get(len(everything.answers), "All")
    st.caption(f"{how_many} say the same about {same:,} of {total:,} {noun}.")
    kinds = list(places)
    kind = st.radio(
        "Show where",
        kinds,
        format_func=lambda name: f"{_TITLES[name]} · {len(places[name]):,}",
        key="try_kind",
        persist_state="session",
    )
    here = places[kind]
    if not len(here):
        st.caption("There is no such example.")
        return None
    at = _step(len(here), f"try_at_{key}_{kind}")
    return int(here[at])


def _step(many: int, key: str) -> int:
    at: int = st.session_state.setdefault(key, 0) % many
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Previous", icon=":material/arrow_back:", key="try-previous", on_click=_go, args=(key, -1, many))
        st.button("Next", icon=":material/arrow_forward:", key="try-next", on_click=_go, args=(key, 1, many))
    st.caption(f"{at + 1:,} of {many:,}, those first of which the {coloured('student')} is surest.")
    return at


def _go(key: str, by: int, many: int) -> None:
    st.session_state[key] = (st.session_state[key] + by) % many


def can_walk(models: Mapping[str, Standing]) -> bool:
    """Whether there is, or will be, somebody to disagree with the student."""
    there = [role for role, model in models.items() if model.state in ("ready", "making")]
    return "student" in there and len(there) > 1


def wait_for_all(models: Mapping[str, Standing]) -> bool:
    """Says that the walk begins later, while files are still being made."""
    waiting = any(model.state == "making" for model in models.values())
    if waiting:
        st.caption("The walk begins when all files are made.")
    return waiting
