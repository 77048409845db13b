"""A run's settings opened in the form and started again, through the inputs themselves."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_runs import ordinary

from distill_core.config import DistillConfig
from distill_core.insight.names import run_name
from distill_core.runs.manager import Manager

TRAIN = "pages/train.py"

ODD: list[dict[str, Any]] = [
    {"draws": 0, "learning_rate": 1e-5, "alpha": 0.123, "temperature": 0.3, "phases": [0.333, 0.334, 0.333]},
    {"teacher": "vgg8-fashion", "student": "resnet32-w3", "precision": "bf16-true", "weight_decay": 1.5e-8},
    {"phases": [{"name": "train", "share": 1.0, "terms": {"kd": 2.0}}], "clip_norm": 0.5, "learning_rate": 50.0},
    {"dataset": "mnist", "data_folder": "/tmp/x", "teacher": None, "label_budget": None},
    {"terms": ["at", {"loss": "hint", "weight": 3.5, "layers": "progressive", "phases": ["distil"]}, "dist"]},
    {"terms": [{"loss": "at", "layers": [["stage1.block1", "stage1.block2"]]}], "gradient_shares": True},
    {
        "terms": ["simkd", "kd"],
        "phases": [
            {"name": "warm-up", "share": 0.2, "pool": "curriculum", "ease": "student-loss"},
            {"name": "distil", "share": 0.6, "temperature": [8, 2], "alpha": [0.3, 1.0]},
            {"name": "fine-tune", "share": 0.2, "lr_scale": 0.5},
        ],
    },
    {"terms": ["at"], "phases": [{"name": "a", "share": 1.0, "terms": {"at": 5.0, "kd": 1.0}}]},
    {
        "phases": [
            {"name": "warm-up", "share": 0.0, "pool": "easiest", "easiest": 0.004},
            {"name": "distil", "share": 0.5},
            {"name": "fine-tune", "share": 0.5, "pool": "classes", "classes": [7, 3], "lr_scale": 0.5},
        ],
    },
]


def stopped_run(manager: Manager, settings: dict[str, Any]) -> tuple[str, DistillConfig]:
    config = ordinary(name="mine", **settings)
    run_id = manager.store.create(config)
    manager.store.set_status(run_id, "stopped")
    return run_id, config


@pytest.mark.parametrize("settings", ODD)
@pytest.mark.slow
def test_a_run_opened_in_the_form_and_started_is_the_same_run(
    settings: dict[str, Any], app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    run_id, config = stopped_run(still_manager, settings)
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    assert not page.exception
    page.run()
    page.button(key="start").click().run()
    assert not page.exception
    again = still_manager.store.list("run")[0]
    assert again.id != run_id
    assert again.config == config.model_copy(update={"name": run_name(config)})


def test_an_unlisted_teacher_is_offered_and_said_to_be_unlisted(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    run_id, _ = stopped_run(still_manager, {"teacher": "/nowhere/their-run/best"})
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    assert page.selectbox(key="form_teacher").options == ["vgg8-fashion", "their-run", "no teacher: labels only"]
    assert any("not among the teachers found here" in caption.value for caption in page.caption)
    assert not page.slider(key="form_temperature").disabled


@pytest.mark.slow
def test_a_run_that_names_what_is_nowhere_cannot_be_started_again(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    nowhere = ({"teacher": "/nowhere/their-run/best"}, {"dataset": "somebody-elses", "teacher": None})
    for settings in (*nowhere, {"terms": ["atention"]}):
        run_id, _ = stopped_run(still_manager, settings)
        page = app(TRAIN, run=run_id)
        page.button(key="again").click().run()
        assert page.button(key="start").disabled
        said = ("Teacher: there is no folder", "Data set: 'somebody-elses' is not known", "Methods: 'atention' is not")
        assert page.error[0].value.startswith(said)


def test_phases_of_ones_own_can_give_way_to_the_usual_ones(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    run_id, _ = stopped_run(still_manager, {"phases": [{"name": "train", "share": 1.0}]})
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    assert (page.text_input(key="form_each_name_0").value, page.slider(key="form_each_share_0").value) == ("train", 100)
    page.segmented_control(key="form_plan").set_value("The usual three").run()
    page.button(key="start").click().run()
    assert [phase.name for phase in still_manager.store.list("run")[0].config.phases] == [
        "warm-up",
        "distil",
        "fine-tune",
    ]


def test_reset_goes_back_to_the_quickstart(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    run_id, _ = stopped_run(still_manager, {"temperature": 9.0, "draws": 0})
    page = app(TRAIN, run=run_id)
    page.button(key="again").click().run()
    page.button(key="reset").click().run()
    assert not page.exception
    assert page.code[0].value == "python -m distill_core run --preset quickstart"
    assert [button.key for button in page.button if not button.key.startswith("preset-")] == ["start"]
