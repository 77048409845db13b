"""The Runs page: table, filters, remarks, deleting with undo, the queue and forks."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import torch
from made_up_runs import finish_run, ordinary

from distill_core.cards import ModelCard, write_model
from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from pages.components.runs.download import _packed
from pages.components.runs.table import rows

RUNS, TRAIN, COMPARE, HOME = "pages/runs.py", "pages/train.py", "pages/compare.py", "pages/home.py"


@pytest.fixture
def two() -> list[str]:
    """Two finished runs, the older first."""
    store = Store()
    return [finish_run(store, name="the first"), finish_run(store, temperature=2.0, accuracy=0.84)]


def ticked(app: Any, *ids: str, **state: Any) -> Any:
    """The page as it is while these rows are ticked."""
    page = app()
    for name, value in {"runs_chosen": list(ids), **state}.items():
        page.session_state[name] = value
    page.switch_page(RUNS).run()
    assert not page.exception
    return page


def said(page: Any) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption])


def test_an_empty_page_leads_to_a_first_run(app: Any) -> None:
    page = app(RUNS)
    assert "There is no run yet." in said(page)
    assert not page.dataframe
    assert not page.expander


def test_a_row_has_what_tells_runs_apart_and_its_curve(two: list[str], app: Any) -> None:
    Store().remarks.tag(two[0], ["thesis"])
    table = app(RUNS).dataframe[0].value
    assert table["accuracy"].round(1).tolist() == [84.0, 85.1]
    assert table["gain"].round(1).tolist() == [10.2, 11.3]
    assert table["labels"].tolist() == [400, 400]
    assert table["size"].tolist() == [81_000, 81_000]
    assert [list(tags) for tags in table["tags"]] == [[], ["thesis"]]
    assert [len(curve) for curve in table["curve"]] == [8, 8]
    assert table["curve"][1][-1] == pytest.approx(100 * 0.851 * (1 - 0.5 * 2.718281828**-4))


def test_a_run_that_has_done_nothing_yet_has_a_row_without_figures() -> None:
    store = Store()
    store.create(ordinary(label_budget=None))
    (row,) = rows(store.list(), {})
    assert (row["state"], row["curve"], row["accuracy"], row["gain"], row["labels"]) == ("queued", [], None, None, None)


def test_filters_come_from_the_address_and_say_how_many_are_left(two: list[str], app: Any) -> None:
    Store().remarks.tag(two[0], ["thesis"])
    page = app(RUNS, find="FIRST")
    assert page.dataframe[0].value["run"].tolist() == ["the first"]
    assert "1 of 2 runs." in said(page)
    page = app(RUNS, tag="thesis")
    assert page.dataframe[0].value["run"].tolist() == ["the first"]
    Store().remarks.tag(two[0], [])
    page.run()
    assert not page.exception
    assert page.multiselect(key="tag").value == ["thesis"], "a choice stays although no run is like it any more"
    page.multiselect(key="tag").set_value([]).run()
    page.text_input(key="find").set_value("nothing like it").run()
    assert not page.dataframe
    assert "None of the 2 runs is like that" in said(page)


def test_a_ticked_run_is_renamed_tagged_and_noted_at_once(two: list[str], app: Any) -> None:
    page = ticked(app, two[0])
    page.text_input(key=f"run-name-{two[0]}").set_value("  another name ").run()
    page.text_area(key=f"run-note-{two[0]}").set_value("T 4 is enough").run()
    page.multiselect(key=f"run-tags-{two[0]}").set_value([" a  b", "a b"]).run()
    assert not page.exception
    record = Store().get(two[0])
    assert (record.name, record.note, record.tags) == ("another name", "T 4 is enough", ("a b",))
    assert page.text_input(key=f"run-name-{two[0]}").value == "another name"
    assert "#### another name" in said(page)
    page.text_input(key=f"run-name-{two[0]}").set_value("").run()
    assert page.text_input(key=f"run-name-{two[0]}").value == "the first"


def test_a_ticked_run_stays_ticked_when_a_new_one_comes_before_it(two: list[str], app: Any) -> None:
    page = ticked(app, two[0])
    assert "#### the first" in said(page)
    finish_run(Store(), seed=7)
    page.run()
    assert "#### the first" in said(page)


def test_open_leads_to_the_run_and_clone_to_a_form_with_its_settings(two: list[str], app: Any) -> None:
    page = ticked(app, two[1])
    page.button(key="open").click().run()
    assert page.query_params["run"] == two[1]
    page = ticked(app, two[1])
    page.button(key="clone").click().run()
    assert not page.exception
    assert "run" not in page.query_params
    assert page.slider(key="form_temperature").value == 2.0


def test_a_deleted_run_is_nowhere_and_undo_brings_it_back(two: list[str], app: Any) -> None:
    page = ticked(app, two[0])
    page.button(key="delete").click().run()
    assert not page.exception
    assert len(page.dataframe[0].value) == 1
    assert "Deleted **the first**" in said(page)
    assert page.expander[-1].label == "Recently deleted (1)"
    for elsewhere in (HOME, COMPARE):
        assert len(app(elsewhere).dataframe[0].value) == 1
    assert Store().get(two[0]).folder.exists()
    page.button(key="undo-delete").click().run()
    assert len(page.dataframe[0].value) == 2
    assert "Deleted" not in said(page)


def test_a_deleted_run_can_be_restored_later_or_deleted_for_good(two: list[str], app: Any) -> None:
    store = Store()
    folders = [store.get(run_id).folder for run_id in two]
    for run_id in two:
        store.remarks.put_aside(run_id)
    page = app(RUNS)
    assert "There is no run yet." in said(page)
    assert "kept for 7 more days" in said(page)
    page.button(key=f"restore-{two[0]}").click().run()
    page.button(key=f"for-good-{two[1]}").click().run()
    assert not page.exception
    assert [record.id for record in store.list("run")] == [two[0]]
    assert store.list(put_aside=True) == []
    assert [folder.exists() for folder in folders] == [True, False]


def test_several_runs_are_tagged_compared_and_deleted_together(two: list[str], app: Any) -> None:
    store = Store()
    other = finish_run(store, seed=3)
    store.remarks.tag(two[0], ["kept"])
    page = ticked(app, *two)
    assert "#### 2 runs" in said(page)
    page.multiselect(key="tags-for-several").set_value(["kept", "sweep"]).run()
    page.button(key="tag-several").click().run()
    assert [store.get(run_id).tags for run_id in (*two, other)] == [("kept", "sweep"), ("kept", "sweep"), ()]
    page.button(key="compare").click().run()
    assert not page.exception
    assert page.query_params["runs"] == f"{two[1]},{two[0]}"
    assert len(page.dataframe[0].value) == 3
    assert len(page.table[0].value.columns) == 2, "only these two are compared"
    page = ticked(app, *two)
    page.button(key="delete-several").click().run()
    assert [record.id for record in store.list("run")] == [other]


def test_the_log_is_in_plain_words_and_shows_steps_only_if_asked(two: list[str], app: Any) -> None:
    page = ticked(app, two[0], **{f"log-{two[0]}": True})
    lines = page.code[0].value.splitlines()
    assert lines[0].endswith("  The training is over.")
    assert "  Validation of the student after epoch 8: " in lines[1]
    assert not any("  Step " in line for line in lines)
    page.toggle(key=f"log-steps-{two[0]}").set_value(True).run()
    assert len(page.code[0].value.splitlines()) == 200
    assert any("The latest 200 of" in caption.value for caption in page.caption)


def test_the_download_is_made_when_asked_for(two: list[str]) -> None:
    parcel = zipfile.ZipFile(io.BytesIO(_packed(Store().get(two[0])).read()))
    assert f"{two[0]}/model.onnx" in parcel.namelist()


def test_a_paused_run_is_said_to_hold_the_others(app: Any, still_manager: Manager) -> None:
    ids = [still_manager.submit(ordinary(seed=seed, name=f"run {seed}")) for seed in range(2)]
    while still_manager.store.pulse(ids[0]).last_seq < 40:
        continue
    still_manager.store.set_status(ids[0], "paused")
    assert "**run 0** is paused: the others wait until it is continued or stopped" in said(app(RUNS))
    page = app("pages/train.py", run=ids[1])
    assert "**run 0** is paused before it. Continue or stop that one." in said(page)
    assert {"Continue it", "Stop it"} <= {button.label for button in page.button}
    still_manager.store.set_status(ids[0], "running")
    assert "It starts by itself when the runs before it end." in said(app("pages/train.py", run=ids[1]))


def test_runs_that_wait_are_moved_and_taken_out_of_the_queue(app: Any, still_manager: Manager) -> None:
    ids = [still_manager.submit(ordinary(seed=seed, name=f"run {seed}")) for seed in range(3)]
    while still_manager.active() != ids[0]:
        continue
    page = app(RUNS)
    assert "**run 0** is in progress" in said(page)
    assert page.button(key=f"queue-up-{ids[1]}").disabled
    page.button(key=f"queue-up-{ids[2]}").click().run()
    assert still_manager.queue() == [ids[2], ids[1]]
    assert page.button(key=f"queue-up-{ids[2]}").disabled
    page.button(key=f"queue-remove-{ids[2]}").click().run()
    assert not page.exception
    assert still_manager.queue() == [ids[1]]
    assert still_manager.store.get(ids[2]).status == "stopped"


def test_a_fork_is_started_from_the_runs_page_with_another_temperature(
    app: Any, still_manager: Manager, two: list[str]
) -> None:
    last = still_manager.store.get(two[0]).folder / "last"
    card = ModelCard(
        task="vision", architecture="resnet8-w8", classes=("a", "b"), input_shape=(1, 8, 8), mean=(), std=(),
        dataset="x", parameters=1,
    )  # fmt: skip
    write_model(last, card, {"w": torch.ones(1)})
    summary = still_manager.store.get(two[0]).summary
    assert summary is not None
    still_manager.store.set_summary(two[0], {**summary, "steps": 1000})
    page = app(TRAIN, run=two[0])
    assert "begins with the weights of step 1,000 of this run. Optimiser, schedule and phases start anew" in said(page)
    page.number_input(key=f"fork-temperature-{two[0]}").set_value(9.0).run()
    page.button(key="fork-start").click().run()
    assert not page.exception
    assert "kept no weights" in said(app(TRAIN, run=two[1]))
    record = still_manager.store.get(page.query_params["run"])
    assert record.note == f"Forked from {two[0]} at step 1,000."
    forked = record.config
    assert forked.objective.temperature == 9.0
    assert forked.student.endswith(f"{two[0][-4:]}-step-1000.safetensors@resnet8-w8")
    assert forked.objective.alpha == ordinary().objective.alpha
