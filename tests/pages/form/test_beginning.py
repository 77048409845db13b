"""What the student begins with, in the form: offered where it fits, measured beside the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
import streamlit as st
from tables import beyond_cards

from distill_core import presets
from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.runs.manager import Manager
from distill_core.train.damage import Damage, Worth
from pages.components.aside import Aside
from pages.components.form import beginning

TRAIN = "pages/train.py"


def texts(app: Any, student: str = "gpt-2x160") -> Any:
    page = app(TRAIN)
    page.segmented_control(key="form_task").set_value("language").run()
    page.selectbox(key="form_student").set_value(student).run()
    assert not page.exception
    return page


def begun(app: Any) -> Any:
    page = texts(app)
    page.segmented_control(key="form_begin_from").set_value("teacher").run()
    assert not page.exception
    return page


def offers(page: Any) -> list[str]:
    return [control.key for control in page.segmented_control if control.key == "form_begin_from"]


def said(page: Any) -> str:
    return " ".join(line.value for line in (*page.caption, *page.markdown, *page.error))


def found(config: DistillConfig) -> Damage:
    skills = {"reasoning": 0.3, "instructions": 0.37}
    rows = (
        Worth("whole", (1, 2, 3, 4), 9, 1.0, 0.01, {"reasoning": 1.0, "instructions": 0.972}, 0.0, 1.0),
        Worth("influence", (1, 2), 5, 0.3, 0.67, skills, 0.659, 0.8),
        Worth("uniform", (1, 4), 5, 0.1, 4.2, skills, 4.2, 0.5),
        Worth("random", (), 5, 0.0, 15.4, {"reasoning": 0.0, "instructions": 0.0}, 15.37, 0.0),
    )
    return Damage("gpt-skills", config.student, "skills", 500, (0.785, 0.255, 0.111, 0.108), rows)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[DistillConfig]:
    """What the page asks a job for; the job answers at once."""
    asked: list[DistillConfig] = []
    monkeypatch.setattr(beginning, "measure_layers", lambda config, **_: asked.append(config) or asdict(found(config)))
    return asked


def work_of(page: Any) -> Aside:
    work: Aside = beginning._work(page.session_state.damage_asked)
    work.wait(60)
    return work


@pytest.mark.slow
def test_a_student_of_another_width_begins_with_random_weights_and_is_told_why(app: Any) -> None:
    page = texts(app, "gpt-2x128")
    assert not offers(page)
    assert "Begins with random weights: the student's width is 128 and the teacher's 160" in said(page)
    assert "such as gpt-2x160." in said(page)


@pytest.mark.slow
def test_a_student_of_the_same_width_can_begin_with_the_teachers_layers(app: Any, still_manager: Manager) -> None:
    page = begun(app)
    assert "Begins with random weights" not in said(page)
    assert "--set begin_from=teacher" in page.code[0].value
    page.selectbox(key="form_begin_layers").set_value("first-last").run()
    page.button(key="start").click().run()
    started = still_manager.store.list("run")[0].config
    wanted = {"student": "gpt-2x160", "begin_from": "teacher", "begin_layers": "first-last", "name": started.name}
    assert started == presets.load("language-quick").changed(wanted)


@pytest.mark.slow
def test_blocks_are_named_by_number(app: Any, still_manager: Manager) -> None:
    page = begun(app)
    page.selectbox(key="form_begin_layers").set_value("by hand").run()
    assert page.button(key="start").disabled
    assert not page.error
    assert "Name the blocks that the student begins with first." in said(page)
    page.text_input(key="form_begin_blocks").set_value("1, 9").run()
    assert page.error[0].value.startswith("Which of its layers: the teacher has no block 9; its 4 blocks count from 1")
    page.text_input(key="form_begin_blocks").set_value("4").run()
    assert page.error[0].value.startswith("Which of its layers: got [4] for a student of 2 blocks")
    assert "measure-layers" not in {button.key for button in page.button}
    page.text_input(key="form_begin_blocks").set_value("4, 1").run()
    assert not page.error
    page.button(key="start").click().run()
    assert still_manager.store.list("run")[0].config.begin_layers == (4, 1)


@pytest.mark.slow
def test_another_student_or_no_teacher_takes_the_choice_back(app: Any) -> None:
    page = begun(app)
    page.selectbox(key="form_student").set_value("gpt-2x64").run()
    assert not offers(page)
    assert not page.error
    assert "begin_from" not in page.code[0].value
    page = begun(app)
    page.selectbox(key="form_teacher").set_value("none").run()
    assert not offers(page)
    assert not page.error
    assert "begin_from" not in page.code[0].value


def test_images_have_no_such_choice(app: Any) -> None:
    page = app(TRAIN)
    assert not offers(page)
    assert "Begins with" not in said(page)


@pytest.mark.parametrize(
    "settings",
    [
        {"student": "gpt-2x160", "begin_from": "teacher", "begin_layers": [3, 3]},
        {"student": "gpt-2x160", "begin_from": "gpt-skills", "begin_layers": "uniform"},
        {"student": "gpt-2x160", "begin_from": "gpt-skills", "teacher": None, "baseline": False},
    ],
)
@pytest.mark.slow
def test_a_run_opened_in_the_form_and_started_begins_as_it_did(
    app: Any, still_manager: Manager, settings: dict[str, Any]
) -> None:
    config = presets.load("language-quick").changed(settings)
    run_id = still_manager.store.create(config)
    still_manager.store.set_status(run_id, "stopped")
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    assert not page.exception
    page.run()
    page.button(key="start").click().run()
    again = still_manager.store.list("run")[0]
    assert again.id != run_id
    assert again.config == config.model_copy(update={"name": again.config.name})


@pytest.mark.slow
def test_a_run_that_could_not_begin_so_is_opened_as_it_was_and_can_be_mended(app: Any, still_manager: Manager) -> None:
    run_id = still_manager.store.create(presets.load("language-quick").changed({"begin_from": "teacher"}))
    still_manager.store.set_status(run_id, "failed", error="Begins with: no")
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    page.run()
    assert page.button(key="start").disabled
    assert page.error[0].value.startswith("Begins with: the student's width is 128 and the teacher's 160")
    page.segmented_control(key="form_begin_from").set_value("random").run()
    assert not page.error
    assert not page.button(key="start").disabled


# The table


def test_nothing_is_measured_before_it_is_asked_for(app: Any, measured: list[DistillConfig]) -> None:
    page = begun(app)
    assert page.button(key="measure-layers").label == "Measure each choice"
    assert not beyond_cards(page)
    assert not measured


@pytest.mark.slow
def test_a_button_gives_the_table_of_damage_and_every_blocks_influence(app: Any, measured: list[DistillConfig]) -> None:
    page = begun(app)
    page.button(key="measure-layers").click().run()
    work_of(page)
    page.run()
    assert not page.exception
    assert [(config.student, config.begins_from) for config in measured] == [("gpt-2x160", "gpt-skills")]
    choices, blocks = (table.value.to_csv() for table in beyond_cards(page)[:2])
    assert "whole teacher" in choices
    assert "**most influential**" in choices
    assert all(figure in choices for figure in ("0.659", "30.0%", "97.2%", "15.370"))
    assert "block2,0.255,most influential" in blocks.replace('"', "")
    assert "Nearest: most influential (blocks 1, 2)." in said(page)


@pytest.mark.slow
def test_another_choice_of_the_same_layers_is_not_measured_again(app: Any, measured: list[DistillConfig]) -> None:
    page = begun(app)
    page.button(key="measure-layers").click().run()
    work_of(page)
    page.selectbox(key="form_begin_layers").set_value("uniform").run()
    assert "**evenly spread**" in beyond_cards(page)[0].value.to_csv()
    assert len(measured) == 1
    page.selectbox(key="form_student").set_value("gpt-4x160").run()
    assert "measure-layers" in {button.key for button in page.button}


@pytest.mark.slow
def test_while_it_is_measured_the_page_says_so_and_goes_on(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(beginning, "measure_layers", lambda config, **_: over.wait(60) and asdict(found(config)))
    page = begun(app)
    page.button(key="measure-layers").click().run()
    assert "Measuring the teacher, and a student for each choice" in said(page)
    assert not page.button(key="start").disabled
    over.set()
    work_of(page)
    page.run()
    assert "Nearest:" in said(page)


@pytest.mark.slow
def test_the_measuring_stops_when_told_and_can_be_asked_for_again(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def until_stopped(_config: DistillConfig, should_stop: Callable[[], bool]) -> Any:
        while not should_stop():
            time.sleep(0.01)
        ended.set()
        raise DistillError("stopped")

    monkeypatch.setattr(beginning, "measure_layers", until_stopped)
    page = begun(app)
    page.button(key="measure-layers").click().run()
    page.button(key="stop-layers").click().run()
    assert ended.wait(60)
    assert not page.exception
    assert not page.error
    assert page.button(key="measure-layers").label == "Measure each choice"


@pytest.mark.slow
def test_what_went_wrong_is_said_and_can_be_tried_again(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Callable[[DistillConfig], Any]] = [lambda config: asdict(found(config)), _fails]
    monkeypatch.setattr(beginning, "measure_layers", lambda config, **_: answers.pop()(config))
    page = begun(app)
    page.button(key="measure-layers").click().run()
    work_of(page)
    page.run()
    assert any("The layers job took over 300 s" in error.value for error in page.error)
    page.button(key="measure-layers").click().run()
    work_of(page)
    page.run()
    assert not page.error
    assert "Nearest:" in said(page)


def _fails(_config: DistillConfig) -> Any:
    raise DistillError("The layers job took over 300 s and was ended.")


def test_an_unexpected_failure_beside_the_page_becomes_a_sentence() -> None:
    work = Aside(lambda _: 1 // 0)
    work.wait(60)
    assert work.done
    assert work.error == "That failed unexpectedly (ZeroDivisionError: integer division or modulo by zero)."
    st.cache_resource.clear()
