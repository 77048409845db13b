"""Phases one by one on the page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distill_core.runs.manager import Manager

TRAIN = "pages/train.py"


def opened(app: Any) -> Any:
    page = app(TRAIN)
    page.slider(key="form_phases").set_range(10, 70).run()
    page.segmented_control(key="form_plan").set_value("Phase by phase").run()
    assert not page.exception
    return page


def phases_of(page: Any) -> list[tuple[str, int]]:
    count = page.session_state["form_each_count"]
    return [
        (page.text_input(key=f"form_each_name_{i}").value, page.slider(key=f"form_each_share_{i}").value)
        for i in range(count)
    ]


@pytest.mark.slow
def test_a_fourth_phase_is_added_named_lengthened_and_started(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = opened(app)
    assert phases_of(page) == [("warm-up", 10), ("distil", 60), ("fine-tune", 30)]
    page.button(key="add-phase").click().run()
    assert phases_of(page)[2:] == [("fine-tune", 15), ("phase-4", 15)]
    page.text_input(key="form_each_name_3").set_value("polish").run()
    page.slider(key="form_each_share_3").set_value(5).run()
    page.selectbox(key="form_each_pool_3").set_value("labelled").run()
    assert phases_of(page) == [("warm-up", 10), ("distil", 60), ("fine-tune", 25), ("polish", 5)]
    assert not page.error
    assert any('"polish"' in code.value or "my-run.json" in code.value for code in page.code)
    page.button(key="start").click().run()
    assert not page.exception
    phases = still_manager.store.list()[0].config.phases
    assert [(each.name, each.share, each.pool) for each in phases] == [
        ("warm-up", 0.1, "easiest"),
        ("distil", 0.6, "all"),
        ("fine-tune", 0.25, "all"),
        ("polish", 0.05, "labelled"),
    ]


def test_a_removed_phase_leaves_its_length_to_the_one_before(app: Any, embedded_teacher: str) -> None:
    page = opened(app)
    page.button(key="remove-phase-1").click().run()
    assert phases_of(page) == [("warm-up", 70), ("fine-tune", 30)]
    page.button(key="remove-phase-0").click().run()
    assert phases_of(page) == [("fine-tune", 100)]
    assert page.button(key="remove-phase-0").disabled


@pytest.mark.slow
def test_a_method_follows_its_phase_when_that_gets_another_name(app: Any, embedded_teacher: str) -> None:
    page = opened(app)
    page.checkbox(key="form_use_at").check().run()
    page.multiselect(key="form_on_at").set_value(["distil"]).run()
    page.text_input(key="form_each_name_1").set_value("main").run()
    assert page.multiselect(key="form_on_at").value == ["main"]


def test_a_name_that_another_phase_has_is_refused_in_a_sentence(app: Any, embedded_teacher: str) -> None:
    page = opened(app)
    page.text_input(key="form_each_name_1").set_value("warm-up").run()
    assert page.text_input(key="form_each_name_1").value == "distil"
    assert page.toast[0].value == "Another phase is called warm-up already, so this one stays distil."
    assert not page.button(key="start").disabled


@pytest.mark.slow
def test_a_method_goes_with_the_only_phase_that_it_was_on_in(app: Any, embedded_teacher: str) -> None:
    page = opened(app)
    page.checkbox(key="form_use_at").check().run()
    page.session_state["form_on_at"] = ["warm-up"]
    page.run()
    page.button(key="remove-phase-0").click().run()
    assert not page.checkbox(key="form_use_at").value


def test_a_folder_that_is_gone_is_told_and_the_form_stays(app: Any, embedded_teacher: str) -> None:
    page = opened(app)
    page.selectbox(key="form_dataset").set_value("folder").run()
    page.text_input(key="form_data_folder").set_value("/nowhere/pets").run()
    assert not page.exception
    assert page.text_input(key="form_data_folder").value == "/nowhere/pets"


def test_a_file_with_four_phases_opens_phase_by_phase(app: Any, embedded_teacher: str) -> None:
    four = json.dumps([{"name": name, "share": 0.25} for name in ("a", "b", "c", "d")])
    page = app(TRAIN, preset="quickstart", set=f"phases={four}")
    assert page.session_state["form_plan"] == "Phase by phase"
    assert phases_of(page) == [("a", 25), ("b", 25), ("c", 25), ("d", 25)]
