"""The form's run said in other ways."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from made_up_runs import ordinary

from distill_core.insight.settings import python_code
from distill_core.presets import load

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


def test_the_code_in_python_makes_the_forms_configuration(monkeypatch: Any) -> None:
    config = ordinary(terms=["at", "hint"], label_budget=None, phases=[0.1, 0.7, 0.2], data_folder=None)
    made: list[Any] = []
    code = python_code(config, load("quickstart"), "quickstart")
    monkeypatch.setattr("distill_core.run", lambda config: made.append(config) or FOUND)
    exec(code, {})
    assert made[0].fingerprint() == config.fingerprint()


FOUND = SimpleNamespace(summary={"student": {"accuracy": 0.5}})
