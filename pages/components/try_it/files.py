"""A run's models as files: those that are there, and those that are made beside the page."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from distill_core.edge.jobs import JobStopped, ShouldStop
from distill_core.insight.words import count
from distill_core.runs.records import RunRecord
from distill_core.runs.trio import Source, make, sources
from pages.components.aside import Aside
from pages.components.jobs import in_hand, manager
from pages.components.trouble import fragment

TICK = 1.0
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Standing:
    """One of a run's models: whether its file is there, is being made, waits for a wish, or cannot be had and why."""

    run_id: str
    source: Source
    state: Literal["ready", "making", "idle", "failed"]
    why: str = ""


def standings(record: RunRecord) -> dict[str, Standing]:
    """The models of a run by role; the making of files that are missing begins, but of large ones only if asked for."""
    return {source.role: _standing(record.id, source) for source in sources(record, manager().store)}


def ready(models: Mapping[str, Standing]) -> dict[str, Source]:
    """Those that can be asked now."""
    return {role: each.source for role, each in models.items() if each.state == "ready"}


def stamp(source: Source) -> tuple[str, int]:
    """A file's path and when it last changed: what tells it from others."""
    assert source.file is not None
    return str(source.file), source.file.stat().st_mtime_ns


def as_path(stamped: tuple[str, int]) -> Path:
    """The file of a `stamp`."""
    return Path(stamped[0])


def beside_a_training() -> list[str]:
    """A remark on times that are measured while a run is at work, which shares the cores; else none."""
    return ["A run is training beside it, so times are longer than on a quiet machine."] if in_hand() else []


def absent(model: Standing) -> None:
    """In place of a model's answer: why there is none yet, and what can be done."""
    source = model.source
    key = f"{model.run_id}-{source.role}"
    if model.state == "making":
        fragment(_making, run_every=TICK)(model)
    elif model.state == "idle":
        size = f" of {count(source.parameters)} parameters: it takes minutes and hundreds of megabytes"
        st.caption(f"Its ONNX file is not made yet{size if source.large else ''}.")
        st.button("Make it", icon=":material/build:", key=f"try-make-{key}", on_click=_wish, args=(model, True))
    else:
        st.caption(f":material/block: It cannot be asked. {model.why}")
        if source.file is not None:
            again = (model.run_id, source.role)
            st.button("Try again", icon=":material/refresh:", key=f"try-again-{key}", on_click=_work.clear, args=again)


def _standing(run_id: str, source: Source) -> Standing:
    if source.ready:
        return Standing(run_id, source, "ready")
    if source.file is None:
        return Standing(run_id, source, "failed", source.why_not)
    if not _wishes().get((run_id, source.role), not source.large):
        return Standing(run_id, source, "idle")
    work = _work(run_id, source.role)
    if work.done and work.error is None and not source.ready:  # it was made once, and is gone again
        _work.clear(run_id, source.role)
        work = _work(run_id, source.role)
    if source.ready:
        return Standing(run_id, source, "ready")
    return Standing(run_id, source, "failed" if work.error else "making", work.error or "")


@st.cache_resource(show_spinner=False, max_entries=16)
def _work(run_id: str, role: str) -> Aside:
    store = manager().store
    (source,) = (each for each in sources(store.get(run_id), store) if each.role == role)

    def work(should_stop: ShouldStop) -> None:
        while not _one_at_a_time.acquire(timeout=0.1):
            if should_stop():
                raise JobStopped("It was stopped before its beginning.")
        try:
            if not source.ready:
                make(source, store, should_stop)
        finally:
            _one_at_a_time.release()

    return Aside(work)


def _making(model: Standing) -> None:
    """Runs the page again once the making is over."""
    if _work(model.run_id, model.source.role).done:
        st.rerun()
    st.caption(
        ":material/hourglass_empty: Its ONNX file is being made, once: some seconds, on a busy machine a minute. "
        "Later runs find it here."
    )
    st.button("Stop", icon=":material/stop:", key=f"try-stop-{model.source.role}", on_click=_wish, args=(model, False))


@st.cache_resource(show_spinner=False)
def _wishes() -> dict[tuple[str, str], bool]:
    """By run and role, whether its file is to be made: what was said last in any tab, so that none undoes a stop."""
    return {}


def _wish(model: Standing, wanted: bool) -> None:
    _wishes()[model.run_id, model.source.role] = wanted
    if not wanted:
        _work(model.run_id, model.source.role).stop()
        _work.clear(model.run_id, model.source.role)
