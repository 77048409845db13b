"""The form: what it offers, what it warns of, what it submits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from made_up_runs import embed_teacher, finish_run

from distill_core.config import DistillConfig
from distill_core.presets import load
from distill_core.runs.manager import Manager
from distill_core.runs.store import Store

TRAIN = "pages/train.py"


def submitted(page: Any, manager: Manager) -> DistillConfig:
    page.button(key="start").click().run()
    assert not page.exception
    return manager.store.list()[0].config


def cards(page: Any) -> set[str]:
    """What stands in the cards of teacher and student."""
    return {cell for table in page.table for cell in table.value["words"]}


def typed(page: Any, key: str, name: str) -> None:
    """Types what a box does not list; the element of a test only takes what is listed."""
    box = page.selectbox(key=key)
    box.options.append(name)
    box.set_value(name).run()


def test_untouched_the_form_starts_the_quickstart(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    assert submitted(app(TRAIN), still_manager).fingerprint() == load("quickstart").fingerprint()


def test_every_knob_reaches_the_run(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_student").select("resnet8-w4")
    page.slider(key="form_temperature").set_value(2.5)
    page.slider(key="form_alpha").set_value(0.5)
    page.slider(key="form_phases").set_range(10, 70)
    page.number_input(key="form_budget").set_value(1200)
    page.number_input(key="form_epochs").set_value(3)
    page.number_input(key="form_batch_size").set_value(32)
    page.number_input(key="form_seed").set_value(7)
    page.toggle(key="form_baseline").set_value(False)
    page.selectbox(key="form_optimiser").select("adamw")
    page.number_input(key="form_learning_rate").set_value(0.01)
    page.number_input(key="form_draws").set_value(2)
    page.slider(key="form_easiest").set_value(30)
    page.number_input(key="form_threads").set_value(1)
    page.number_input(key="form_micro_batch").set_value(8)
    page.run()
    config = submitted(page, still_manager)
    assert config.student == "resnet8-w4"
    assert (config.objective.temperature, config.objective.alpha) == (2.5, 0.5)
    assert [phase.share for phase in config.phases] == [0.1, 0.6, 0.3]
    assert config.phases[0].easiest == 0.3
    assert config.label_budget == 1200
    assert (config.training.epochs, config.training.batch_size, config.seed) == (3, 32, 7)
    assert config.baseline is False
    assert (config.optimiser.optimiser, config.optimiser.learning_rate) == ("adamw", 0.01)
    assert (config.augmentation.draws, config.hardware.threads) == (2, 1)
    assert config.training.micro_batch == 8


def test_all_labels_means_no_budget(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(TRAIN)
    page.segmented_control(key="form_budgeted").set_value("All").run()
    assert page.number_input(key="form_budget").disabled
    assert submitted(page, still_manager).label_budget is None


def test_fine_tuning_on_labels_alone_is_warned_of_and_submitted(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.segmented_control(key="form_fine_tune").set_value("Labels alone").run()
    assert any("can eat what the teacher gave" in warning.value for warning in page.warning)
    last = submitted(page, still_manager).phases[-1]
    assert (last.pool, last.terms) == ("labelled", {"ce": 1.0})


def test_fine_tuning_on_chosen_classes_asks_for_them_by_name(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.segmented_control(key="form_fine_tune").set_value("Some classes").run()
    assert not page.error
    assert any("Choose at least one class." in caption.value for caption in page.caption)
    assert page.button(key="start").disabled
    assert page.multiselect(key="form_classes").options[:3] == ["T-shirt/top", "Trouser", "Pullover"]
    page.multiselect(key="form_classes").set_value([1, 2]).run()
    assert not page.error
    assert submitted(page, still_manager).phases[-1].classes == (1, 2)


def test_alpha_one_is_said_to_use_no_labels(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.slider(key="form_alpha").set_value(1.0).run()
    assert [warning.value for warning in page.warning] == [
        "alpha = 1 uses no labels: the student learns from the teacher alone."
    ]


def test_a_student_as_large_as_its_teacher_is_warned_of(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_student").select("vgg8-w48").run()
    assert any("not smaller than its teacher" in warning.value for warning in page.warning)


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("budget", 0, "Labels: got 0; it must be at least 1"),
        ("budget", 5, "Labels: 5 is fewer than the 10 classes; give each at least one"),
        (
            "budget",
            100_000,
            "Labels: 100,000 is more than the 8,000 images there are to train on; allow 8,000 or fewer",
        ),
        ("epochs", 0, "Epochs: got 0; it must be at least 1"),
        ("batch_size", 1, "Batch size: got 1; it must be at least 2"),
        ("seed", -1, "Seed: got -1; it must be at least 0"),
        ("seed", 2**31, "Seed: got 2147483648; it must be below 2147483648"),
        ("learning_rate", 0.0, "Learning rate: got 0; it must be above 0"),
        ("weight_decay", -1.0, "Weight decay: got -1; it must be at least 0"),
        ("crop_padding", 17, "Random crop: got 17; it must be at most 16"),
        ("draws", -1, "Versions of an image: got -1; it must be at least 0"),
        ("threads", -2, "CPU threads: got -2; it must be at least 1"),
        ("micro_batch", -2, "Inputs at a time: got -2; it must be at least 1"),
        ("micro_batch", 1, "Inputs at a time: 1 of a batch of 64 leaves batch norm single inputs"),
    ],
)
def test_a_number_out_of_range_reaches_the_form_which_names_it_and_does_not_start(
    key: str, typed: float, sentence: str, app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    field = page.number_input(key=f"form_{key}")
    assert field.min is None is field.max, "the browser would keep the last number and send that"
    page.slider(key="form_temperature").set_value(7.0)
    field.set_value(typed).run()
    assert page.error[0].value.startswith(sentence)
    assert page.button(key="start").disabled
    assert not still_manager.store.list()
    assert page.slider(key="form_temperature").value == 7.0


def test_a_method_that_a_batch_in_pieces_cannot_learn_is_told_below_the_number(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.number_input(key="form_micro_batch").set_value(16).run()
    assert not page.error
    page.checkbox(key="form_use_rkd").check().run()
    expected = "Inputs at a time: Distances and angles (RKD) ('rkd') relates the inputs of a batch to each other"
    assert page.error[0].value.startswith(expected)
    assert any(expected in markdown.value for markdown in page.markdown)
    assert page.button(key="start").disabled


def test_two_mistakes_are_told_together(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.number_input(key="form_epochs").set_value(0)
    page.number_input(key="form_seed").set_value(-1).run()
    (error,) = page.error
    assert "Epochs: got 0" in error.value
    assert "Seed: got -1" in error.value


def test_a_label_budget_is_checked_while_classes_are_still_to_be_chosen(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.number_input(key="form_budget").set_value(5)
    page.segmented_control(key="form_fine_tune").set_value("Some classes").run()
    assert page.error[0].value.startswith("Labels: 5 is fewer")


@pytest.mark.slow
def test_a_folder_is_checked_as_soon_as_it_is_named(app: Any, embedded_teacher: str, tmp_path: Path) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_dataset").select("folder").run()
    assert not page.error
    assert page.button(key="start").disabled
    assert any("name it in “Folder of images”" in caption.value for caption in page.caption)
    page.text_input(key="form_data_folder").set_value("/nope/xx").run()
    assert page.error[0].value.startswith("Folder of images: '/nope/xx' does not exist.")
    assert any("Folder of images: '/nope/xx'" in line.value for line in page.markdown)
    page.button(key="train-teacher").click().run()
    assert page.button(key="start").disabled
    for name in ("cat/1.png", "cat/2.png", "cat/3.png", "dog/1.png", "dog/2.png", "dog/3.png"):
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pets" / name).touch()
    page.text_input(key="form_data_folder").set_value(str(tmp_path / "pets")).run()
    assert page.error[0].value.startswith("Labels: 400 is more than the 2 images")
    page.number_input(key="form_budget").set_value(2).run()
    assert "23,826" in cards(page), "2 classes, in colour"


def test_it_says_on_which_images_the_teacher_was_scored(app: Any, own_home: Path) -> None:
    card = embed_teacher(own_home / "teachers" / "mine")
    scored = card.model_copy(update={"accuracy": 0.934, "accuracy_on": "10,000 test images of somewhere"})
    (own_home / "teachers" / "mine" / "card.json").write_text(scored.model_dump_json())
    page = app(TRAIN)
    page.selectbox(key="form_teacher").set_value(str(own_home / "teachers" / "mine")).run()
    assert "93.4%" in cards(page)
    assert any("Accuracy on 10,000 test images of somewhere" in caption.value for caption in page.caption)


def test_a_model_that_an_earlier_run_measured_shows_how_right_and_how_quick_it_was(app: Any, own_home: Path) -> None:
    run_store = Store(own_home)
    assert "told by its first run" in cards(app(TRAIN))
    name = run_store.get(finish_run(run_store, accuracy=0.851, student="cnn-w16")).name
    page = app(TRAIN)
    assert {"0.080 ms, one image", "1.2 ms, one image", "85.1%"} <= cards(page)
    assert any(f"those of your run {name}" in caption.value for caption in page.caption)


def test_a_teacher_of_these_very_images_is_warned_of(app: Any, own_home: Path) -> None:
    card = embed_teacher(own_home / "teachers" / "of-mini")
    assert card.dataset == "fashion-mnist-rest"
    of_mini = card.model_copy(update={"dataset": "fashion-mnist-mini"})
    (own_home / "teachers" / "of-mini" / "card.json").write_text(of_mini.model_dump_json())
    page = app(TRAIN)
    assert not page.warning
    page.selectbox(key="form_teacher").set_value(str(own_home / "teachers" / "of-mini")).run()
    assert "trained on these very images" in page.warning[0].value


def test_the_form_keeps_its_values_while_other_pages_are_visited(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.slider(key="form_temperature").set_value(7.0).run()
    page.switch_page("pages/home.py").run()
    page.switch_page(TRAIN).run()
    assert page.slider(key="form_temperature").value == 7.0


def test_the_command_shows_only_what_differs(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    assert page.code[0].value == "python -m distill_core run --preset quickstart"
    page.slider(key="form_temperature").set_value(2.0).run()
    assert page.code[0].value == "python -m distill_core run --preset quickstart --set temperature=2.0"


def test_a_data_set_without_a_teacher_offers_to_train_one(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_dataset").select("digits").run()
    assert page.slider(key="form_temperature").disabled
    page.button(key="train-teacher").click().run()
    assert not page.exception
    config = still_manager.store.list()[0].config
    assert (config.dataset, config.teacher, config.student, config.label_budget) == (
        "digits",
        None,
        "resnet20-w16",
        None,
    )


def test_ones_own_finished_teacher_can_be_chosen(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    store = still_manager.store
    run_id = store.create(DistillConfig(teacher=None, name="my teacher"))
    folder: Path = store.get(run_id).folder / "best"
    embed_teacher(folder)
    store.claim(run_id)
    store.finish(run_id, {"student": None}, data_sha256="", torch_version="")
    page = app(TRAIN)
    assert page.selectbox(key="form_teacher").options == ["vgg8-fashion", run_id, "no teacher: labels only"]
    page.selectbox(key="form_teacher").set_value(str(folder)).run()
    assert submitted(page, still_manager).teacher == str(folder)


def test_without_a_teacher_a_run_learns_from_labels(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_teacher").set_value("none").run()
    config = submitted(page, still_manager)
    assert config.teacher is None
    assert {phase.pool for phase in config.phases} == {"all"}


def test_a_published_teacher_can_be_chosen(app: Any, embedded_teacher: str, own_home: Path) -> None:
    embed_teacher(own_home / "teachers" / "my-teacher")
    offered = app(TRAIN).selectbox(key="form_teacher").options
    assert any("my-teacher" in name for name in offered), offered


@pytest.mark.slow
def test_labels_from_a_file_reach_the_run_and_a_wrong_line_is_named(
    app: Any, embedded_teacher: str, still_manager: Manager, tmp_path: Path
) -> None:
    file = tmp_path / "labels.csv"
    page = app(TRAIN)
    page.segmented_control(key="form_budgeted").set_value("From a file").run()
    assert page.button(key="start").disabled
    assert any("Name the file of labels first." in caption.value for caption in page.caption)
    page.text_input(key="form_labels_file").set_value(str(file)).run()
    assert page.error[0].value.startswith("File of labels: ")
    file.write_text("image,label\n3,Trousers\n")
    st.cache_data.clear()
    page.run()
    assert "line 2: got label 'Trousers'" in page.error[0].value
    file.write_text("image,label\n3,Trouser\n9,2\n")
    st.cache_data.clear()
    page.run()
    assert not page.error
    config = submitted(page, still_manager)
    assert (config.labels_file, config.label_budget) == (str(file), None)


def test_mixing_and_random_changes_reach_the_run(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(TRAIN)
    page.toggle(key="form_randaugment").set_value(True)
    page.number_input(key="form_mixup").set_value(0.2)
    page.number_input(key="form_cutmix").set_value(-1.0).run()
    assert page.error[0].value == "Cutmix: got -1; it must be at least 0"
    page.number_input(key="form_cutmix").set_value(1.0).run()
    augmentation = submitted(page, still_manager).augmentation
    assert (augmentation.randaugment, augmentation.mixup, augmentation.cutmix) == (True, 0.2, 1.0)


def test_a_student_of_ones_own_weights_can_be_typed(
    app: Any, embedded_teacher: str, still_manager: Manager, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    from distill_core.vision import models

    file = tmp_path / "mine.safetensors"
    page = app(TRAIN)
    typed(page, "form_student", "nowhere.safetensors@resnet8-w4")
    assert any("Student: nowhere.safetensors cannot be read (No such file" in each.value for each in page.markdown)
    save_file(models.build("resnet8-w4", 1, 10, 0).state_dict(), file)
    typed(page, "form_student", f"{file}@resnet8-w8")
    assert any(f"Student: The weights in {file} do not fit resnet8-w8" in each.value for each in page.markdown)
    typed(page, "form_student", f"{file}@resnet8-w4")
    assert {"mine.safetensors@resnet8-w4", "5,142"} <= cards(page)
    assert submitted(page, still_manager).student == f"{file}@resnet8-w4"


def test_a_teacher_can_be_typed_and_is_looked_for(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    typed(page, "form_teacher", "nowhere.safetensors@resnet8-w4")
    assert any("Teacher: nowhere.safetensors cannot be read (No such file" in each.value for each in page.markdown)


def test_what_is_known_of_the_run_stands_above_its_start(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    known = [line.value for line in page.markdown]
    assert any("**Teacher** &nbsp; vgg8-fashion is right on" in line for line in known)
    assert any("**Time** &nbsp; No run like it has finished here" in line for line in known)
    for config, role in ((load("quickstart"), "run"), (load("quickstart").baseline_config(), "baseline")):
        run_id = still_manager.store.create(config, role=role)
        still_manager.store.claim(run_id)
        summary = {"images_per_second": 5000.0}
        still_manager.store.finish(run_id, summary, data_sha256="0" * 64, torch_version="2.14.1")
    again = app(TRAIN)
    assert any("It takes about 25 s of training, by how fast" in line.value for line in again.markdown)
