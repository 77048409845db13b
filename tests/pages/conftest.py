"""The app opened on a page, and a manager whose jobs stand still."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from made_up_runs import embed_teacher, training_events
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from distill_core.runs.manager import Manager, get_manager
from distill_core.runs.records import RunEvent
from distill_core.runs.store import Store

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    """What the process keeps of runs by their ids would outlive a test's own store, and ids are short."""
    st.cache_data.clear()
    st.cache_resource.clear()
    sys.modules.pop("distill_pages_shelf", None)


@pytest.fixture(autouse=True)
def first_request_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest takes `pages/` for pages of the old kind at every run, and then leaves app.py out; a server does not."""
    begin = PagesManager.__init__

    def begin_and_know(*args: Any, **settings: Any) -> None:
        begin(*args, **settings)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", begin_and_know)


@pytest.fixture
def app() -> Callable[..., AppTest]:
    """Opens the app on a page, such as ``app("pages/train.py", run="some-id")``, and demands that nothing raised."""

    def open_app(page: str = "pages/home.py", **query: str) -> AppTest:
        opened = AppTest.from_file(str(APP), default_timeout=60)
        if page != "pages/home.py":
            opened.switch_page(page)
            for name, value in query.items():
                opened.query_params[name] = value
        opened.run()
        assert not opened.exception, opened.exception
        return opened

    return open_app


@pytest.fixture
def still_manager() -> Iterator[Manager]:
    """The app's own manager, with jobs that begin, log some steps and then wait to be stopped."""
    manager = get_manager()
    over = threading.Event()

    def execute(run_id: str, store: Store, home: Path, control: Any, on_event: Any, *, on_record: Any = None) -> Any:
        store.claim(run_id)
        on_record(store.get(run_id))
        for event in training_events(teacher=True)[:40]:
            seq = store.append_events(run_id, [event])
            on_event(RunEvent(run_id, seq, 1.0 * seq, event))
        while not over.wait(0.02) and not control.stopping:
            continue
        store.set_status(run_id, "stopped")
        on_record(store.get(run_id))
        return store.get(run_id)

    manager._execute = execute
    yield manager
    over.set()


@pytest.fixture
def embedded_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The teacher that the quickstart names, and no other."""
    teachers = tmp_path / "teachers"
    embed_teacher(teachers / "vgg8-fashion")
    monkeypatch.setattr("distill_core.vision.task.TEACHERS", teachers)
    return "vgg8-fashion"
