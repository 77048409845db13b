"""The one door through which pages reach runs: the process-wide manager and its store."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.home import RUN_ID
from distill_core.runs.faults import is_named
from distill_core.runs.manager import Manager, get_manager
from distill_core.runs.records import RunRecord


def manager() -> Manager:
    """The manager of this process; what it raises is told by `trouble.told`."""
    return get_manager()


def record(run_id: str) -> RunRecord | None:
    """The run of an id that may come from anywhere, such as the address bar; None if there is none."""
    store = manager().store
    if not RUN_ID.match(run_id):
        return None
    try:
        return store.get(run_id)
    except DistillError as error:
        if is_named(error, "StorageError"):
            raise
        return None


def in_hand() -> str | None:
    """The run that works now, or that will next."""
    active = manager().active()
    return active if active is not None else next(iter(manager().queue()), None)


def submit(config: DistillConfig) -> None:
    """Queues a run and goes to its page; an error is shown and nothing is lost."""
    try:
        run_id = manager().submit(config)
    except DistillError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page("pages/train.py", query_params={"run": run_id})


def attempt(action: Callable[[str], object], run_id: str) -> None:
    """For buttons: does something with a run, and says why if it cannot be done."""
    try:
        action(run_id)
    except DistillError as error:
        st.toast(str(error), icon=":material/error:")
