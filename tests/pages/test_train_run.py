"""A run on the screen: while it lives, and when it is over."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from made_up_runs import finish_run, ordinary

from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from pages.components.status import time_left

TRAIN = "pages/train.py"


def started(manager: Manager) -> str:
    """Submits a run and waits until the stand-in has logged its steps."""
    run_id = manager.submit(ordinary())
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if manager.store.pulse(run_id).last_seq >= 40:
            return run_id
        time.sleep(0.02)
    raise AssertionError("the stand-in did not start")


@pytest.mark.parametrize("wrong", ["nothing-like-this", "../../etc/passwd", "A B", "", "x" * 200])
def test_an_id_that_names_no_run_gets_a_sentence_and_a_way_back(app: Any, wrong: str) -> None:
    page = app(TRAIN, run=wrong)
    assert page.title[0].value == "No such run"
    assert [button.label for button in page.button] == ["See your runs", "Start a new one"]


def test_a_live_run_shows_its_frozen_settings_figures_and_charts(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    assert page.header[0].value == ":green[resnet8-w8] learns from :violet[vgg8-fashion]"
    assert "400 labels · T 4 · alpha 0.9 · 10 epochs · seed 0" in page.caption[0].value
    figures = {metric.label: metric.value for metric in page.metric}
    assert figures[":violet[●] Teacher"] == "92.5%"
    assert figures["Parameters"] == "19.8k"
    assert figures["Multiply-adds"] == "2.36M"
    assert figures["Speed"] == "3,200 img/s"
    assert [button.label for button in page.button if not button.disabled] == ["Pause", "Stop"]
    charts = [chart.key for chart in page.get("bidi_component")]
    assert [f"loss-{run_id}", f"accuracy-{run_id}"] == charts[:2]


def test_a_run_can_be_stopped_from_its_page_and_then_resumed(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    page.button(key="stop").click().run()
    assert still_manager.store.get(run_id).status in ("stopping", "stopped")
    deadline = time.monotonic() + 10
    while still_manager.store.get(run_id).status != "stopped" and time.monotonic() < deadline:
        time.sleep(0.02)
    page.run()
    assert "You stopped this run" in page.info[0].value
    page.button(key="resume").click().run()
    assert not page.exception
    assert still_manager.store.get(run_id).live


def test_other_pages_show_a_strip_that_leads_to_the_run(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app()
    assert len(page.progress) == 1
    assert [link.value for link in page.page_link if link.value == "Watch"] == ["Watch"]
    assert len(app(TRAIN, run=run_id).progress) == 1


def test_a_finished_run_says_its_result_first(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store()))
    said = next(text.value for text in page.markdown if text.value.startswith("### "))
    assert said == (
        "### With 400 labels, :green[the student] reaches 85.1%: 11.3 points above the same student trained on "
        ":orange[labels alone], and 92% of :violet[the teacher]'s accuracy."
    )
    assert page.table[0].value.loc["Test accuracy"].tolist() == ["85.1%", "73.8%", "92.1%"]
    assert page.get("download_button")[0].label == "Download ONNX · 81 kB"
    assert not page.metric


def test_a_gain_within_noise_is_said_to_be_unclear(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store(), accuracy=0.745, baseline_accuracy=0.738))
    assert "can be chance" in page.info[0].value


def test_a_failed_run_shows_why_and_offers_to_resume_or_to_use_its_settings(app: Any) -> None:
    store = Store()
    run_id = store.create(ordinary(temperature=9.0))
    store.claim(run_id)
    store.set_status(run_id, "failed", error="The loss stopped being a number at step 12. Lower the learning rate.")
    page = app(TRAIN, run=run_id)
    assert page.error[0].value == "The loss stopped being a number at step 12. Lower the learning rate."
    assert [button.label for button in page.button] == ["Resume", "Use these settings", "Delete for good"]
    page.button(key="again").click().run()
    assert not page.exception
    assert "run" not in page.query_params
    assert page.slider(key="form_temperature").value == 9.0


def test_an_interrupted_run_can_be_resumed(app: Any) -> None:
    store = Store()
    run_id = store.create(ordinary())
    store.set_status(run_id, "interrupted", error="The program was closed.")
    page = app(TRAIN, run=run_id)
    assert page.warning[0].value == "The program was closed."
    assert page.button(key="resume").label == "Resume"


def test_a_run_that_failed_before_it_began_shows_empty_charts(app: Any) -> None:
    store = Store()
    run_id = store.create(ordinary())
    store.set_status(run_id, "failed", error="There is no such data set.")
    page = app(TRAIN, run=run_id)
    assert {metric.value for metric in page.metric} == {"–"}


def test_a_run_that_is_over_can_be_deleted_with_its_files_after_asking(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    record = store.get(run_id)
    assert record.folder.exists()
    page = app(TRAIN, run=run_id)
    assert page.button(key="delete-for-good").disabled is False
    assert any("quickstart** for good?" in text.value for text in page.markdown)
    page.button(key="delete-for-good").click().run()
    assert not page.exception
    assert page.title[0].value == "Watch a small model learn from a large one"
    assert "run" not in page.query_params
    assert [each.role for each in store.list()] == ["baseline"]
    assert not record.folder.exists()


def test_a_run_that_goes_on_cannot_be_deleted(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    assert page.button(key="delete-for-good").disabled
    assert still_manager.store.get(run_id).live


def test_a_run_that_cannot_be_deleted_says_why(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    page = app(TRAIN, run=run_id)
    assert store.get(run_id).over
    store.delete(run_id)
    page.button(key="delete-for-good").click().run()
    assert not page.exception
    assert any("There is no run" in error.value for error in page.error) or page.title[0].value == "No such run"


def test_a_result_with_a_baseline_says_how_that_was_trained(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store()))
    (said,) = [caption.value for caption in page.caption if caption.value.startswith("The baseline is")]
    assert "draws every batch from the labelled images" in said
    assert "repeats 4 kept versions" in said


def test_no_time_is_promised_before_a_step_was_timed(app: Any, still_manager: Manager) -> None:
    store = still_manager.store
    known = store.get(finish_run(store))
    run_id = started(still_manager)
    snapshot = still_manager.snapshot(run_id)
    assert known.baseline_id is not None
    assert time_left(snapshot).endswith(" left")
    ready = replace(snapshot, progress=replace(snapshot.progress, doing="Getting ready", phase="", step=0))
    assert ready.progress.seconds_left is not None
    assert time_left(ready) == ""


def test_the_settings_shown_are_the_runs_own_not_the_forms(app: Any) -> None:
    run_id = finish_run(Store(), temperature=6.0)
    page = app(TRAIN)
    page.query_params["run"] = run_id
    page.run()
    assert "--set temperature=6.0" in page.code[0].value
