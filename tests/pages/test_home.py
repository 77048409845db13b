"""The front page."""

from __future__ import annotations

from typing import Any

from made_up_runs import finish_run, ordinary

from distill_core.presets import load
from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from distill_core.vision.datasets.fashion_mnist_mini import read_mini
from pages.components.runs_table import RECENT


def test_an_empty_home_says_what_this_is_and_has_one_primary_button(app: Any) -> None:
    page = app()
    assert page.title[0].value == "Watch a small model learn from a large one"
    assert [button.label for button in page.button] == ["Run the demo"]
    assert any("None yet" in caption.value for caption in page.caption)


def test_the_demo_button_queues_the_quickstart_and_opens_its_page(app: Any, still_manager: Manager) -> None:
    page = app()
    page.button(key="demo").click().run()
    assert not page.exception
    (record,) = still_manager.store.list()
    assert record.config == load("quickstart")
    assert page.query_params["run"] == record.id


def test_recent_runs_show_result_and_gain(app: Any) -> None:
    finish_run(Store())
    rows = app().dataframe[0].value
    assert rows["accuracy"].tolist() == ["85.1%"]
    assert rows["gain"].tolist() == ["+11.3 points"]
    assert rows["status"].tolist() == ["finished"]
    assert rows["teacher"].tolist() == ["vgg8-fashion"]


def test_a_name_does_not_repeat_the_columns_beside_it(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, name="resnet8-w8 from vgg8-fashion, T 4, 400 labels, at, 2 epochs")
    assert app().dataframe[0].value["run"].tolist() == ["T 4, 400 labels, at, 2 epochs", "quickstart"]


def test_the_gain_is_the_difference_of_the_figures_shown(app: Any) -> None:
    finish_run(Store(), accuracy=0.7696, baseline_accuracy=0.7444)
    assert app().dataframe[0].value["gain"].tolist() == ["+2.6 points"]


def test_the_table_ends_with_a_hint_where_runs_are_left_out(app: Any) -> None:
    store = Store()
    for seed in range(RECENT):
        store.create(ordinary(seed=seed))
    page = app()
    assert len(page.dataframe[0].value) == RECENT
    assert not any("Compare" in caption.value for caption in page.caption)
    store.create(ordinary(seed=RECENT))
    page = app()
    assert len(page.dataframe[0].value) == RECENT
    assert any("latest 12 are shown" in caption.value for caption in page.caption)


def test_baselines_are_not_listed_as_runs(app: Any) -> None:
    finish_run(Store())
    assert len(app().dataframe[0].value) == 1


def test_the_steps_name_the_numbers_of_the_demo_itself(app: Any, monkeypatch: Any) -> None:
    other = load("quickstart").changed({"label_budget": 1250, "name": ""})
    monkeypatch.setattr("distill_core.presets.load", lambda _name: other)
    said = " ".join(caption.value for caption in app().caption)
    assert "from 1,250 labelled images" in said
    assert f"answers to {len(read_mini()['train_labels']):,} images" in said
