"""The form for language models: what it offers, what it leaves out, and that it starts a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_llama import make

from distill_core import presets
from distill_core.language.datasets import DATASETS
from distill_core.losses.registry import LOSSES
from distill_core.runs.manager import Manager

TRAIN = "pages/train.py"


def texts(app: Any) -> Any:
    page = app(TRAIN)
    page.segmented_control(key="form_task").set_value("language").run()
    assert not page.exception
    return page


def test_texts_begin_with_their_own_preset_and_start_it(app: Any, still_manager: Manager) -> None:
    page = texts(app)
    assert page.selectbox(key="form_teacher").value == "gpt-skills"
    assert page.selectbox(key="form_student").value == "gpt-2x128"
    page.button(key="start").click().run()
    assert not page.exception
    assert still_manager.store.list()[0].config == presets.load("language-quick")


def test_only_what_suits_texts_is_offered(app: Any) -> None:
    page = texts(app)
    offered = {checkbox.label for checkbox in page.checkbox}
    assert offered == {info.title for name, info in LOSSES.items() if name not in ("ce", "kd") and info.of_texts}
    assert "form_flip" not in {toggle.key for toggle in page.toggle}
    assert page.segmented_control(key="form_budgeted").options == ["All", "Only some"]
    assert page.selectbox(key="form_dataset").options == list(DATASETS)


def test_kinds_of_prompt_can_be_fine_tuned_on_by_name(app: Any, still_manager: Manager) -> None:
    page = texts(app)
    page.segmented_control(key="form_fine_tune").set_value("Some kinds").run()
    kinds = page.multiselect(key="form_classes")
    assert kinds.label == "Kinds of prompt to fine-tune on"
    assert kinds.options[:3] == ["chain", "rev", "upp"]
    kinds.select(0).run()
    page.button(key="start").click().run()
    assert still_manager.store.list()[0].config.phases[2].classes == (0,)


def test_a_layer_map_between_two_gpts_is_shown(app: Any) -> None:
    page = texts(app)
    page.checkbox(key="form_use_relations").check().run()
    assert not page.error
    said = " ".join(table.value.to_csv() for table in page.table)
    assert "block2.attention.query" in said
    assert "value of the last block" in said


def test_going_back_to_images_begins_with_the_quickstart(app: Any) -> None:
    page = texts(app)
    page.segmented_control(key="form_task").set_value("vision").run()
    assert not page.exception
    assert page.selectbox(key="form_student").value == presets.load("quickstart").student


def test_a_wrong_number_is_told_in_the_words_of_texts(app: Any) -> None:
    page = texts(app)
    page.number_input(key="form_budget").set_value(50_000).run()
    assert any("more than the 20,000 prompts" in error.value for error in page.error)


@pytest.mark.slow
def test_the_student_can_be_let_write_part_of_what_it_learns_from(app: Any, still_manager: Manager) -> None:
    page = texts(app)
    page.slider(key="form_on_policy").set_value(25).run()
    assert not page.error
    assert "--set on_policy=0.25" in page.code[0].value
    page.button(key="start").click().run()
    started = still_manager.store.list()[0].config
    assert started == presets.load("language-quick").changed({"on_policy": 0.25, "name": started.name})


@pytest.mark.slow
def test_without_a_teacher_the_student_is_not_let_write(app: Any) -> None:
    page = texts(app)
    page.slider(key="form_on_policy").set_value(25).run()
    page.selectbox(key="form_teacher").set_value("none").run()
    assert page.slider(key="form_on_policy").disabled
    assert not page.error
    assert "on_policy" not in page.code[0].value


def test_text_without_prompts_is_refused_beside_the_slider(app: Any, still_manager: Manager) -> None:
    settings = {"dataset": "plain-english", "teacher": "/nowhere/their-run/best", "on_policy": 0.25}
    run_id = still_manager.store.create(presets.load("language-quick").changed(settings))
    still_manager.store.set_status(run_id, "stopped")
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    told = [line.value for line in (*page.error, *page.markdown)]
    assert sum("Texts by the student: plain-english has no prompts" in line for line in told) == 2


def test_images_are_not_written(app: Any) -> None:
    assert "form_on_policy" not in {slider.key for slider in app(TRAIN).slider}


def test_prompts_without_answers_say_how_to_get_a_model_that_writes_them(app: Any) -> None:
    page = texts(app)
    page.selectbox(key="form_dataset").set_value("assistant-small").run()
    assert not page.exception
    assert any("convert smollm2" in caption.value for caption in page.caption)
    assert page.selectbox(key="form_teacher").value == "none"
    assert not [button for button in page.button if button.key in ("train-teacher", "cut-from-teacher")]


@pytest.mark.slow
def test_a_hugging_face_model_that_is_here_is_offered_with_settings_that_suit_it(
    app: Any, still_manager: Manager
) -> None:
    make(still_manager.store.home / "models" / "smollm2-135m-instruct")
    page = texts(app)
    assert "hf:smollm2-135m-instruct" not in page.selectbox(key="form_teacher").options
    page.selectbox(key="form_dataset").set_value("assistant-small").run()
    assert page.selectbox(key="form_teacher").value == "hf:smollm2-135m-instruct"
    page.button(key="cut-from-teacher").click().run()
    assert not page.exception
    assert page.selectbox(key="form_student").value == "hf:smollm2-135m-instruct:24"
    refused = [error.value for error in page.error]
    assert refused == ["Student: hf:smollm2-135m-instruct:24 has 24 blocks, but its model 4; take at most 4"]


def test_a_file_of_prompts_is_asked_for_and_its_bad_lines_are_named(app: Any, tmp_path: Path) -> None:
    page = texts(app)
    page.selectbox(key="form_dataset").set_value("jsonl").run()
    assert page.text_input(key="form_data_folder").label == "File of prompts"
    (tmp_path / "bad.jsonl").write_text("{")
    page.text_input(key="form_data_folder").set_value(str(tmp_path / "bad.jsonl")).run()
    assert not page.exception
    assert "line 1 is no JSON" in " ".join(element.value for element in page.markdown)
    assert page.error[0].value.startswith("File of prompts: ")


@pytest.mark.slow
def test_a_students_layers_are_offered_with_a_file_of_prompts_too(
    app: Any, still_manager: Manager, tmp_path: Path
) -> None:
    make(still_manager.store.home / "models" / "tiny")
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("\n".join(json.dumps({"prompt": f"the cat {n}", "response": "runs"}) for n in range(60)))
    page = texts(app)
    page.selectbox(key="form_dataset").set_value("jsonl").run()
    page.selectbox(key="form_teacher").set_value("hf:tiny").run()
    page.selectbox(key="form_student").set_value("hf:tiny:3").run()
    page.text_input(key="form_data_folder").set_value(str(prompts)).run()
    page.segmented_control(key="form_budgeted").set_value("All").run()
    page.segmented_control(key="form_begin_from").set_value("teacher").run()
    assert not page.exception
    assert [button for button in page.button if button.key == "measure-layers"]
    for wrong in ("", str(tmp_path / "nowhere.jsonl")):
        page.text_input(key="form_data_folder").set_value(wrong).run()
        assert not page.exception
        assert not [button for button in page.button if button.key == "measure-layers"]


def test_how_much_is_kept_of_an_answer_is_asked(app: Any, still_manager: Manager) -> None:
    page = texts(app)
    page.number_input(key="form_top_k").set_value(8).run()
    page.button(key="start").click().run()
    assert not page.exception
    assert still_manager.store.list()[0].config.objective.top_k == 8


@pytest.mark.slow
def test_a_wrong_number_of_kept_tokens_is_told_and_takes_no_choice_away(app: Any) -> None:
    page = texts(app)
    page.selectbox(key="form_student").set_value("gpt-2x160").run()
    page.number_input(key="form_top_k").set_value(-5).run()
    assert not page.exception
    assert any("Likeliest tokens kept: got -5" in error.value for error in page.error)
    assert [control for control in page.segmented_control if control.key == "form_begin_from"]
