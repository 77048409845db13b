"""What the form begins from: a preset, or a file that was saved."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from made_up_runs import ordinary

from distill_core.presets import load
from distill_core.presets.about import ABOUT
from pages.components.form import start_from

TRAIN = "pages/train.py"


def offered(page: Any) -> list[str]:
    return [button.key.removeprefix("preset-") for button in page.button if button.key.startswith("preset-")]


@pytest.mark.parametrize("task", ["vision", "language"])
def test_the_presets_of_the_chosen_kind_are_offered(app: Any, embedded_teacher: str, task: str) -> None:
    page = app(TRAIN, preset="quickstart" if task == "vision" else "language-quick")
    assert offered(page) == [name for name in ABOUT if load(name).task == task]
    said = [caption.value for caption in page.caption]
    assert all(about.says in said for name, about in ABOUT.items() if load(name).task == task)


@pytest.mark.parametrize("name", [name for name in ABOUT if load(name).task == "vision"])
def test_a_preset_fills_the_form_and_is_named_in_the_command(app: Any, embedded_teacher: str, name: str) -> None:
    page = app(TRAIN)
    page.slider(key="form_temperature").set_value(2.5)
    page.button(key=f"preset-{name}").click().run()
    assert not page.exception
    assert not page.error
    assert page.code[0].value == f"python -m distill_core run --preset {name}"


def opened(content: bytes, name: str = "my-run.json") -> str | None:
    """Reads a file as the uploader hands it over; returns what is wrong."""
    st.session_state[start_from._UPLOAD] = SimpleNamespace(name=name, size=len(content), getvalue=lambda: content)
    start_from._read_file()
    return st.session_state.form_file_wrong


def test_a_saved_configuration_fills_the_form(monkeypatch: Any) -> None:
    monkeypatch.setattr(st, "session_state", State())
    config = ordinary(temperature=7.0, label_budget=None, terms=["at"])
    assert opened(config.to_json().encode()) is None
    assert st.session_state.form_base == config
    assert st.session_state.form_temperature == 7


def test_a_file_that_is_no_configuration_is_refused_in_a_sentence_and_changes_nothing(monkeypatch: Any) -> None:
    monkeypatch.setattr(st, "session_state", State())
    for content, said in (
        (b"{", "my-run.json is not JSON"),
        (b"\xff\xfe\x00", "my-run.json is not JSON"),
        (json.dumps({"temperature": -1}).encode(), "temperature"),
        (b" " * 300_000, "my-run.json has 293 kB"),
    ):
        assert said in str(opened(content))
        assert "form_base" not in st.session_state


class State(dict[str, Any]):
    """As much of a session's state as a callback touches."""

    __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__


def test_a_file_nested_beyond_reason_is_no_json_either(monkeypatch: Any) -> None:
    monkeypatch.setattr(st, "session_state", State())
    assert "my-run.json is not JSON" in str(opened(b"[" * 200_000))
