"""The form's run said in other ways, and read from a file."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import streamlit as st
from made_up_runs import ordinary

from distill_core.insight.settings import python_code
from distill_core.presets import load
from pages.components.form import elsewhere

TRAIN = "pages/train.py"


def codes(page: Any) -> list[str]:
    return [code.value for code in page.code]


def test_command_python_and_link_say_what_the_form_says(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.slider(key="form_temperature").set_value(2.5).run()
    terminal, python, link = codes(page)
    assert terminal == "python -m distill_core run --preset quickstart --set temperature=2.5"
    assert "load('quickstart').changed({\n    'temperature': 2.5,\n})" in python
    assert link.endswith("?preset=quickstart&set=temperature%3D2.5")


def test_settings_too_long_for_a_line_are_saved_to_a_file_first(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.segmented_control(key="form_fine_tune").set_value("Labels alone").run()
    assert codes(page)[0] == "python -m distill_core run my-run.json"
    assert page.download_button[0].label == "Download my-run.json"


def opened(content: bytes, name: str = "my-run.json") -> str | None:
    """Reads a file as the uploader hands it over; returns what is wrong."""
    st.session_state[elsewhere._UPLOAD] = SimpleNamespace(name=name, size=len(content), getvalue=lambda: content)
    elsewhere._read_file()
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


def test_the_code_in_python_makes_the_forms_configuration(monkeypatch: Any) -> None:
    config = ordinary(terms=["at", "hint"], label_budget=None, phases=[0.1, 0.7, 0.2], data_folder=None)
    made: list[Any] = []
    code = python_code(config, load("quickstart"), "quickstart")
    monkeypatch.setattr("distill_core.run", lambda config: made.append(config) or FOUND)
    exec(code, {})
    assert made[0].fingerprint() == config.fingerprint()


FOUND = SimpleNamespace(summary={"student": {"accuracy": 0.5}})


def test_a_file_nested_beyond_reason_is_no_json_either(monkeypatch: Any) -> None:
    monkeypatch.setattr(st, "session_state", State())
    assert "my-run.json is not JSON" in str(opened(b"[" * 200_000))
