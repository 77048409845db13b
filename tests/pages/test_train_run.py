"""A run on the screen: while it lives, and when it is over."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from made_up_runs import fail_run, finish_run, ordinary

from distill_core.events import Event, Finished, Looked, Preparing, Watching
from distill_core.runs.manager import Manager
from distill_core.runs.records import RunEvent
from distill_core.runs.store import Store
from pages.components.live_run import live_run
from pages.components.status import time_left

TRAIN = "pages/train.py"


def started(manager: Manager) -> str:
    """Submits a run and waits until the stand-in has logged its steps."""
    run_id = manager.submit(ordinary())
    deadline = time.monotonic() + 60
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
    assert "400 labels · T 4 · alpha 0.9 · 14 epochs · seed 0" in page.caption[0].value
    figures = {metric.label: metric.value for metric in page.metric}
    assert figures[":violet[●] Teacher"] == "92.5%"
    assert figures["Parameters"] == "19.8k"
    assert figures["Multiply-adds"] == "2.36M"
    assert figures["Speed"] == "3,200/s"
    assert [button.label for button in page.button if not button.disabled] == ["Pause", "Stop", "New run"]
    charts = [chart.key for chart in page.get("bidi_component")]
    assert [f"loss-{run_id}", f"accuracy-{run_id}"] == charts[:2]


def test_a_run_can_be_stopped_from_its_page_and_then_resumed(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    page.button(key="stop").click().run()
    assert still_manager.store.get(run_id).status in ("stopping", "stopped")
    deadline = time.monotonic() + 60
    while still_manager.store.get(run_id).status != "stopped" and time.monotonic() < deadline:
        time.sleep(0.02)
    page.run()
    assert "You stopped this run" in page.info[0].value
    page.button(key="resume").click().run()
    assert not page.exception
    assert still_manager.store.get(run_id).live


def test_a_pause_that_takes_its_time_is_shown_at_once_and_can_be_taken_back(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    control = still_manager._work.control  # type: ignore[union-attr]
    page.button(key="pause").click().run()
    assert control.decision == "pause"
    assert (page.button(key="pause").label, page.button(key="pause").disabled) == ("Pausing…", True)
    (bar,) = page.get("progress")
    assert bar.proto.text.startswith("Pausing as soon as this allows it: training the student")
    page.button(key="go-on").click().run()
    assert control.decision == "go"
    assert page.button(key="pause").label == "Pause"


def test_a_trained_student_is_not_paused_while_it_is_exported(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    tell = still_manager._histories[run_id].extend
    seq = still_manager.store.pulse(run_id).last_seq
    events = (Finished({}), Preparing("Exporting the student and testing the file", 0, 1, "files"))
    tell([RunEvent(run_id, seq + number, 99.0, event) for number, event in enumerate(events, start=1)])
    page = app(TRAIN, run=run_id)
    assert [button.label for button in page.button if not button.disabled] == ["Stop", "New run"]
    (bar,) = page.get("progress")
    assert bar.proto.text.startswith("Exporting the student")


def test_where_both_look_goes_along_with_the_run_until_the_reader_chooses(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    seq = still_manager.store.pulse(run_id).last_seq

    def tell(*events: Event) -> None:
        nonlocal seq
        told = [RunEvent(run_id, seq + number, 99.0, event) for number, event in enumerate(events, start=1)]
        still_manager._histories[run_id].extend(told)
        seq += len(told)

    def student(epoch: int) -> Looked:
        return Looked(epoch * 125, epoch, "student", "/wAAAA==", (2, 2), (0.75, 0.25))

    assert not any("Where both look" in text.value for text in app(TRAIN, run=run_id).markdown)
    tell(
        Watching("AAAAAA==", (2, 2, 1), 1, "stage2", "stage3"), Looked(0, 0, "teacher", "/wAAAA==", (2, 2), (0.1, 0.9))
    )
    tell(student(0), student(1))
    page = app(TRAIN, run=run_id)
    assert any("Where both look" in text.value for text in page.markdown)
    assert any("Likeness of the maps 1.00" in caption.value for caption in page.caption)
    slider = f"watched-epoch-{run_id}"
    assert page.select_slider(key=slider).value == 1
    tell(student(2))
    page.run()
    assert page.select_slider(key=slider).value == 2
    page.select_slider(key=slider).set_value(0).run()
    tell(student(3))
    page.run()
    assert page.select_slider(key=slider).value == 0


def test_where_both_look_opens_at_the_student_that_is_kept(app: Any) -> None:
    run_id = finish_run(Store())
    history = live_run(run_id).history
    live_run(run_id).look()
    track = history.student
    track.evaluated[-1]["validation"] = 0.0
    kept = int(track.evaluated[-2]["epoch"])
    assert track.best_epoch == kept
    track.watching = Watching("AAAAAA==", (2, 2, 1), 1, "stage2", "stage3")
    track.teacher_look = Looked(0, 0, "teacher", "/wAAAA==", (2, 2), (0.1, 0.9))
    track.looks = [Looked(9, epoch, "student", "/wAAAA==", (2, 2), (0.75, 0.25)) for epoch in (0, kept, kept + 1)]
    page = app(TRAIN, run=run_id)
    slider = f"watched-epoch-{run_id}"
    assert page.select_slider(key=slider).value == kept
    assert any(f"the student that is kept is that of epoch {kept}" in caption.value for caption in page.caption)
    page.select_slider(key=slider).set_value(kept + 1).run()
    assert page.run().select_slider(key=slider).value == kept + 1


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
        ":orange[labels alone], and 92% of :violet[the teacher]'s accuracy, 7.0 points behind it."
    )
    assert ["Test accuracy", "85.1%", "73.8%", "92.1%"] in cells(page)
    assert page.get("download_button")[0].label == "Download ONNX · 81 kB"
    assert not page.metric


def cells(page: Any) -> list[list[str]]:
    """The result's table, line by line."""
    (table,) = [text.value for text in page.markdown if text.value.startswith("|")]
    plain = table.replace(":small[", "").replace("]", "").replace("\N{NO-BREAK SPACE}", " ")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in plain.splitlines()]


def test_the_baseline_weighs_and_takes_what_its_student_does(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store()))
    assert ["File size", "81 kB", "81 kB", "2.6 MB"] in cells(page)
    assert ["CPU time, one image", "0.080 ms", "0.080 ms", "1.2 ms"] in cells(page)
    assert any("it is the same model" in caption.value for caption in page.caption)


def test_the_baseline_of_a_student_that_grew_is_another_model(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    summary = store.get(run_id).summary
    assert summary is not None
    store.set_summary(run_id, {**summary, "student": {**summary["student"], "parameters": 25_000}})
    page = app(TRAIN, run=run_id)
    assert ["File size", "81 kB", "–", "2.6 MB"] in cells(page)
    assert not any("it is the same model" in caption.value for caption in page.caption)


def test_a_result_says_each_thing_once_and_that_one_seed_is_one(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store(), accuracy=0.7696, baseline_accuracy=0.7444))
    everything = "\n".join(text.value for text in page.markdown)
    assert everything.count("points above") == 1
    assert "2.6 points above" in everything
    assert "Gain over" not in everything
    assert everything.count("Gap closed") == 1
    assert "This is one seed." in everything
    assert "95% within" not in everything
    assert "19 of 20 images are answered within 0.10 ms by the clock" in everything


@pytest.mark.parametrize("why", [None, "An operator is unknown."])
def test_a_result_without_a_file_says_why(app: Any, why: str | None) -> None:
    store = Store()
    run_id = finish_run(store)
    summary = store.get(run_id).summary
    assert summary is not None
    store.set_summary(run_id, {**summary, "onnx": None, "latency": None, "onnx_why": why})
    page = app(TRAIN, run=run_id)
    nobody_asked = any(f"export {run_id}" in caption.value for caption in page.caption)
    warned = any("see the warnings" in warning.value for warning in page.warning)
    assert (nobody_asked, warned) == (why is None, why is not None)


def test_a_gain_within_noise_is_said_to_be_unclear(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store(), accuracy=0.745, baseline_accuracy=0.738))
    assert "can be chance" in page.info[0].value


def test_a_failed_run_shows_why_and_offers_its_settings(app: Any) -> None:
    said = "The loss stopped being a number at step 12. Lower the learning rate."
    page = app(TRAIN, run=fail_run(Store(), said))
    assert page.error[0].value == said
    assert [button.label for button in page.button] == ["Use these settings", "New run", "Delete run"]
    assert page.button(key="again").proto.type == "primary"
    page.button(key="again").click().run()
    assert not page.exception
    assert "run" not in page.query_params
    assert page.slider(key="form_temperature").value == 9.0


def test_a_failed_run_can_be_resumed_from_a_checkpoint_but_that_is_not_the_main_thing(app: Any) -> None:
    page = app(TRAIN, run=fail_run(Store(), "The disk is full.", checkpoint=True))
    assert [button.label for button in page.button] == ["Resume", "Use these settings", "New run", "Delete run"]
    assert page.button(key="resume").proto.type == "secondary"
    assert page.button(key="again").proto.type == "primary"


@pytest.mark.parametrize(
    ("has_checkpoint", "said"), [(True, "goes on from where it was"), (False, "from the beginning")]
)
def test_a_run_stopped_in_its_baseline_goes_on_from_the_baselines_checkpoint(
    app: Any, has_checkpoint: bool, said: str
) -> None:
    store = Store()
    run_id = store.create(ordinary())
    baseline_id = store.create(ordinary().baseline_config(), role="baseline", parent=run_id)
    store.set_status(baseline_id, "stopped")
    store.set_baseline(run_id, baseline_id)
    store.set_status(run_id, "stopped")
    if has_checkpoint:
        folder = store.get(baseline_id).folder / "checkpoint"
        folder.mkdir(parents=True)
        (folder / "state.safetensors").write_bytes(b"")
    assert said in app(TRAIN, run=run_id).info[0].value


def test_an_interrupted_run_can_be_resumed(app: Any) -> None:
    store = Store()
    run_id = store.create(ordinary())
    store.set_status(run_id, "interrupted", error="The program was closed.")
    page = app(TRAIN, run=run_id)
    assert page.warning[0].value == "The program was closed."
    assert page.button(key="resume").label == "Resume"
    assert page.button(key="resume").proto.type == "primary"


def test_a_run_that_failed_before_it_began_shows_empty_charts_and_promises_nothing(app: Any) -> None:
    run_id = fail_run(Store(), "There is no such data set.")
    page = app(TRAIN, run=run_id)
    assert {metric.value for metric in page.metric} == {"–"}
    notes = {metric.label: metric.delta for metric in page.metric}
    assert notes[":orange[●] Baseline"] == "never begun"
    assert not any(note.endswith(("yet", "training now")) for note in notes.values())
    run = live_run(run_id)
    for chart in (run.over_steps(), run.accuracies()):
        assert b"The run ended before its first" in chart
        assert b"first point comes" not in chart


def test_a_run_in_the_queue_says_so_without_a_second_bar_and_the_strip_names_the_other(
    app: Any, still_manager: Manager
) -> None:
    started(still_manager)
    waiting = still_manager.submit(ordinary(temperature=2.0, name="the second one"))
    page = app(TRAIN, run=waiting)
    (bar,) = page.progress
    assert bar.proto.text.startswith("quickstart · Training the student")
    assert any("Waiting for its turn" in text.value for text in page.markdown)
    assert {metric.label: metric.delta for metric in page.metric}[":orange[●] Baseline"] == "comes first"


def test_the_strip_goes_when_the_run_on_the_page_gets_its_turn(
    app: Any, still_manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    turns = ["another-one"]
    monkeypatch.setattr("pages.components.strip.in_hand", lambda: turns.pop() if turns else run_id)
    page.run()
    assert not turns
    assert len(page.progress) == 1


def test_the_terms_can_be_seen_raw_and_on_either_scale(app: Any) -> None:
    run_id = finish_run(Store(), gradient_shares=False)
    page = app(TRAIN, run=run_id)
    view = page.get("button_group")[0]
    assert view.options == ["Loss", "Raw", "Rate"]
    assert drawn(page, run_id)["layout"]["yaxis"]["type"] == "log"
    view.set_value("raw").run()
    assert drawn(page, run_id)["layout"]["yaxis"]["title"]["text"] == "loss, before weights"
    page.toggle(key=f"loss-log-{run_id}").set_value(False).run()
    assert drawn(page, run_id)["layout"]["yaxis"]["type"] == "linear"


def test_shares_of_the_gradient_are_offered_where_they_are_logged(app: Any) -> None:
    run_id = finish_run(Store(), gradient_shares=True)
    assert app(TRAIN, run=run_id).get("button_group")[0].options == ["Loss", "Raw", "Gradient", "Rate"]


def test_the_learning_rate_is_seen_over_the_same_steps(app: Any) -> None:
    run_id = finish_run(Store())
    page = app(TRAIN, run=run_id)
    steps = drawn(page, run_id)["layout"]["xaxis"]["range"]
    page.get("button_group")[0].set_value("rate").run()
    figure = drawn(page, run_id)
    assert figure["layout"]["xaxis"]["range"] == steps
    assert figure["layout"]["yaxis"]["title"]["text"] == "learning rate"
    logged: list[Any] = [each.event for each in Store().events(run_id) if each.event.kind == "StepLogged"]
    assert figure["data"][0]["y"] == [event.learning_rate for event in logged]
    assert page.toggle(key=f"loss-log-{run_id}").disabled


def test_a_run_that_ended_before_it_recorded_a_share_does_not_say_that_it_never_began(app: Any) -> None:
    run_id = finish_run(Store())
    run = live_run(run_id)
    run.look()
    page = app(TRAIN, run=run_id)
    page.get("button_group")[0].set_value("share").run()
    said = [each["text"] for each in drawn(page, run_id)["layout"]["annotations"]]
    assert "No shares were recorded: too few steps, or a single term" in said


def test_agreement_is_offered_from_the_start_of_a_run_with_a_teacher(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    (measures,) = [each for each in app(TRAIN, run=run_id).get("button_group") if each.key == f"measure-{run_id}"]
    assert measures.options == ["Accuracy", "Agreement"]
    over = finish_run(Store())  # before agreement was recorded, so there is nothing to offer
    assert f"measure-{over}" not in [each.key for each in app(TRAIN, run=over).get("button_group")]


def drawn(page: Any, run_id: str) -> Any:
    """The figure of the loss as the browser gets it."""
    (chart,) = [each for each in page.get("bidi_component") if each.key == f"loss-{run_id}"]
    return json.loads(chart.proto.bytes)["figure"]


def test_a_run_that_is_over_is_deleted_with_a_way_back(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    page = app(TRAIN, run=run_id)
    page.button(key="delete-run").click().run()
    assert not page.exception
    assert page.title[0].value == "A deleted run"
    assert [each.role for each in store.list()] == ["baseline"]
    page.button(key="restore").click().run()
    assert page.header[0].value.startswith(":green[resnet8-w8]")
    assert [each.id for each in store.list("run")] == [run_id]
    assert store.get(run_id).folder.exists()


def test_a_run_that_goes_on_cannot_be_deleted(app: Any, still_manager: Manager) -> None:
    run_id = started(still_manager)
    page = app(TRAIN, run=run_id)
    assert page.button(key="delete-run").disabled
    assert still_manager.store.get(run_id).live


def test_a_run_that_is_gone_already_is_no_trouble(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    page = app(TRAIN, run=run_id)
    store.delete(run_id)
    page.button(key="delete-run").click().run()
    assert not page.exception
    assert page.title[0].value == "No such run"


def test_a_result_with_a_baseline_says_how_that_was_trained(app: Any) -> None:
    page = app(TRAIN, run=finish_run(Store()))
    (said,) = [caption.value for caption in page.caption if caption.value.startswith("The baseline is")]
    assert "draws every batch from the labelled images" in said
    assert "repeats 2 kept versions" in said


def test_no_time_is_promised_before_a_step_was_timed(app: Any, still_manager: Manager) -> None:
    store = still_manager.store
    known = store.get(finish_run(store))
    run_id = started(still_manager)
    snapshot = still_manager.snapshot(run_id)
    assert known.baseline_id is not None
    assert time_left(snapshot).endswith(" of training left, plus the teacher's answers, export and measuring")
    assert time_left(snapshot, brief=True).endswith(" of training left")
    ready = replace(snapshot, progress=replace(snapshot.progress, doing="Getting ready", phase="", step=0))
    assert ready.progress.seconds_left is not None
    assert time_left(ready) == ""


def test_the_settings_shown_are_the_runs_own_not_the_forms(app: Any) -> None:
    run_id = finish_run(Store(), temperature=6.0)
    page = app(TRAIN)
    page.query_params["run"] = run_id
    page.run()
    assert "--set temperature=6.0" in page.code[0].value
