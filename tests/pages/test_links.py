"""A Train page set up by its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from made_up_runs import ordinary

from distill_core.presets import load
from pages.components.links import configuration, query_of

TRAIN = "pages/train.py"


def test_the_form_is_set_up_as_the_address_says(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN, preset="quickstart", set=["temperature=8", "alpha=0.25", "epochs=3"])
    assert page.slider(key="form_temperature").value == 8
    assert page.slider(key="form_alpha").value == 0.25
    assert page.number_input(key="form_epochs").value == 3


def test_what_is_changed_after_the_link_was_followed_stays(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN, preset="quickstart", set=["temperature=8"])
    page.slider(key="form_temperature").set_value(2.0).run()
    page.slider(key="form_alpha").set_value(0.5).run()
    assert page.slider(key="form_temperature").value == 2


def test_an_address_that_cannot_be_followed_says_why_and_leaves_the_form(app: Any, embedded_teacher: str) -> None:
    for wrong in ({"preset": "nonsense"}, {"preset": "quickstart", "set": ["temperature=minus one"]}):
        page = app(TRAIN, **wrong)
        assert page.error[0].value.startswith("The address of this page cannot be followed.")
        assert page.slider(key="form_temperature").value == load("quickstart").objective.temperature


def test_a_link_leads_back_to_the_configuration_it_was_made_of() -> None:
    config = ordinary(temperature=2.5, terms=["at"], phases=[0.1, 0.7, 0.2], label_budget=None)
    query = query_of(config, "quickstart")
    assert query.startswith("?preset=quickstart&set=")
    said = parse_qs(query[1:])
    assert configuration(said["preset"][0], said["set"]).fingerprint() == config.fingerprint()


def test_settings_without_a_preset_change_the_quickstart(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN, set=["temperature=2.5"])
    assert page.slider(key="form_temperature").value == 2.5
    assert app(TRAIN, set=["bogus=1"]).error[0].value.startswith("The address of this page cannot be followed.")
