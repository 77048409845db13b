"""`run`, `resume` and `show`: results, exit codes and the last line."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import DataUnavailable
from distill_core.runs.store import Store

RUN = ("run", "--preset", "quickstart")


def test_a_finished_run_shows_three_models_and_what_was_gained(command, work):
    answer = command(*RUN)
    assert answer.code == 0
    rows = [line for line in answer.out.splitlines() if line.startswith(("teacher ", "student ", "baseline "))]
    assert [row.split()[0] for row in rows] == ["teacher", "student", "baseline"]
    assert "0.080 ms" in rows[1]
    assert "12.0 points above the same student trained on labels alone" in answer.out
    assert "/somewhere/model.onnx" in answer.out
    assert "93.0%" in answer.out
    assert "70.0%" in answer.out


def test_without_a_terminal_each_epoch_is_one_line(command, work):
    answer = command(*RUN)
    assert [line for line in answer.out.splitlines() if "epoch" in line] == [
        "student: epoch 1 of 2  loss 0.900  validation 40.0%  7,000 images/s  about 10 s left",
        "student: epoch 2 of 2  loss 0.900  validation 80.0%  7,000 images/s",
    ]


def test_square_brackets_in_a_message_are_no_markup(command, work):
    assert "Alpha [bold] is odd." in command(*RUN).out


def test_json_is_the_only_line_of_standard_output(command, work):
    answer = command(*RUN, "--json")
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 1
    assert answer.last["status"] == "finished"
    assert answer.last["student"]["accuracy"] == 0.82
    assert "epoch 2 of 2" in answer.err


def test_settings_and_the_wish_for_a_baseline_reach_the_run(command, work, own_home: Path):
    command(*RUN, "--set", "temperature=2", "--set", "phases=0.1,0.8,0.1", "--no-baseline", "--set", "label_budget=all")
    config = Store(own_home).get(work.done[0]).config
    assert config.objective.temperature == 2
    assert [phase.share for phase in config.phases] == [0.1, 0.8, 0.1]
    assert config.label_budget is None
    assert not config.baseline


def test_a_file_is_as_good_as_a_preset(command, work, own_home: Path, tmp_path: Path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"student": "resnet8-w4", "temperature": 2, "training": {"epochs": 3}}))
    assert command("run", file, "--json").last["student"]["name"] == "resnet8-w4"
    config = Store(own_home).get(work.done[0]).config
    assert (config.objective.temperature, config.training.epochs) == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run",), "Name either --preset or a JSON file"),
        (("run", "--preset", "quickstart", "x.json"), "not both"),
        (("run", "--preset", "quikstart"), "Did you mean 'quickstart'?"),
        (("run", "quickstart"), "Did you mean --preset quickstart?"),
        ((*RUN, "--set", "alpha=1.5"), "alpha: got 1.5"),
        ((*RUN, "--set", "alhpa=0.5"), "Did you mean 'alpha'?"),
        ((*RUN, "--set", "alpha"), "--set takes NAME=VALUE"),
        ((*RUN, "--set", "phases=1,0.5,0.5"), "must sum to 1"),
        ((*RUN, "--what"), "No such option: --what. See python"),
        (("show",), "Missing argument 'RUN'. See python"),
        ((*RUN, "--set", "epochs=two"), "training.epochs: got 'two'; it must be a whole number"),
        ((*RUN, "--set", "flip=maybe"), "augmentation.flip: got 'maybe'; it must be true or false"),
        ((*RUN, "--set", "phases=abc"), "phases: got 'abc'; it must be three lengths that sum to 1, such as 0.2"),
    ],
)
def test_bad_input_ends_with_a_sentence_and_code_2(command, work, arguments, sentence):
    answer = command(*arguments, "--json")
    assert answer.code == 2
    assert sentence in answer.err
    assert not [word for word in ("Traceback", "Value error", "valid", "parse", "tuple") if word in answer.err]
    assert answer.last["status"] == "invalid"
    assert answer.last["run_id"] is None
    assert sentence in answer.last["error"]
    assert work.done == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"alpha": 0.5,\n  oops}', "at line 2, column 3"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[1, 2]", "mine.json"),
        (b'{"temprature": 3}', "there is no such setting"),
    ],
)
def test_a_file_that_is_no_configuration_says_where_it_is_wrong(command, work, tmp_path: Path, content, sentence):
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    answer = command("run", file)
    assert answer.code == 2
    assert sentence in answer.err


def test_a_folder_in_place_of_a_file_cannot_be_read(command, work, tmp_path: Path):
    answer = command("run", tmp_path)
    assert answer.code == 2
    assert "cannot be read" in answer.err


def test_data_that_cannot_be_had_is_bad_input_and_stores_no_run(command, work, own_home: Path, monkeypatch):
    def refuse(*given):
        raise DataUnavailable("CIFAR-10 is not here. Put it into data_folder.")

    monkeypatch.setattr("distill_core.runs.preflight.inspect", refuse)
    answer = command(*RUN, "--json")
    assert (answer.code, answer.last["status"]) == (2, "invalid")
    assert Store(own_home).list() == []


def test_a_failed_run_ends_with_its_sentence_and_code_1(command, work):
    work.ends = "failed"
    answer = command(*RUN, "--json")
    assert answer.code == 1
    assert answer.last == {"run_id": work.done[0], "status": "failed", "error": work.error}
    assert work.error in answer.err


def test_a_run_that_failed_for_its_input_ends_with_code_2(command, work):
    work.ends, work.details = "failed", "Traceback ...\ndistill_core.errors.ConfigError: accelerator: ..."
    answer = command(*RUN, "--json")
    assert (answer.code, answer.last["status"], answer.last["run_id"]) == (2, "invalid", work.done[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_says_how_to_resume(command, work, number):
    def interrupt(control):
        os.kill(os.getpid(), number)
        control._stop.wait(60)

    work.while_working = interrupt
    before = signal.getsignal(number)
    answer = command(*RUN, "--json")
    assert answer.code == 130
    assert answer.last["status"] == "stopped"
    assert f"resume {work.done[0]}" in answer.last["error"]
    assert "press Ctrl-C again" in answer.err
    assert signal.getsignal(number) is before


def test_a_signal_while_the_file_is_made_ends_with_130_and_says_how_to_make_it(command, work):
    def interrupt(control):
        os.kill(os.getpid(), signal.SIGINT)
        control._stop.wait(60)

    work.while_working = interrupt
    work.too_late_to_stop = True
    answer = command(*RUN, "--json")
    assert (answer.code, answer.last["status"], answer.last["run_id"]) == (130, "stopped", work.done[0])
    assert "is finished and kept" in answer.last["error"]
    work.onnx_why = "The run was stopped before its file was exported and measured."
    answer = command(*RUN, "--set", "seed=1")
    assert f"has no file yet. Make it: python -m distill_core export {work.done[1]}" in answer.err.replace("\n", " ")


def test_a_run_of_settings_alone_begins_from_the_defaults(command, work):
    assert command("run", "--set", "epochs=1", "--set", "student=resnet8-w4").code == 0
    assert command("run", "--set", "temprature=2").err.count("temprature") == 1


def test_a_stopped_run_goes_on_by_the_beginning_of_its_id(command, work):
    work.ends = "stopped"
    command(*RUN)
    work.ends = "finished"
    answer = command("resume", work.done[0][:-1], "--json")
    assert answer.code == 0
    assert work.done[0] == work.done[1] == answer.last["run_id"]


def test_a_finished_run_cannot_be_resumed(command, work):
    command(*RUN)
    answer = command("resume", work.done[0], "--json")
    assert answer.code == 1
    assert f"show {work.done[0]}" in answer.last["error"]
    assert "config.json" in answer.last["error"]


def test_a_run_of_another_process_says_where_it_is(command, work, own_home: Path):
    store = Store(own_home)
    run_id = store.create(DistillConfig())
    assert store.claim(run_id)
    answer = command("resume", run_id)
    assert answer.code == 1
    assert f"{run_id} is running in another process" in answer.err
    assert "stop it there" in answer.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_run_whose_file_could_not_be_made_ends_with_code_1_and_its_results(command, work, options):
    work.onnx_why = "The student is trained and kept, but could not be exported: the disk is full."
    answer = command(*RUN, *options)
    assert answer.code == 1
    sentence = answer.err.strip().splitlines()[-1]
    assert sentence == f"{work.onnx_why} Make the file: python -m distill_core export {work.done[0]}"
    if options:
        assert (answer.last["status"], answer.last["onnx"]) == ("finished", None)
        assert answer.last["student"]["accuracy"] == 0.82
    assert command("show", work.done[0], *options).code == 0


def test_a_resumed_run_whose_file_could_not_be_made_ends_with_code_1(command, work):
    work.ends = "stopped"
    command(*RUN)
    work.ends, work.onnx_why = "finished", "It could not be exported."
    answer = command("resume", work.done[0], "--json")
    assert (answer.code, answer.last["onnx_why"]) == (1, work.onnx_why)


def stop_with_checkpoint_of(who: str, own_home: Path, work):
    """Stops the next run as its student or its baseline has a checkpoint, or before there is any."""

    def stop(control):
        store = Store(own_home)
        record = store.get(work.done[-1])
        baseline = store.create(record.config.baseline_config(), role="baseline", parent=record.id)
        store.claim(baseline)
        store.set_status(baseline, "stopped")
        folder = {"student": record.folder, "baseline": store.get(baseline).folder}.get(who)
        if folder is not None:
            (folder / "checkpoint").mkdir(parents=True)
            (folder / "checkpoint" / "state.safetensors").write_bytes(b"x")
        control.stop()

    work.while_working = stop


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("student", "Stopped; the checkpoint is kept."),
        ("baseline", "Stopped while the baseline trained; the baseline's checkpoint is kept."),
        ("nobody", "Stopped before the first checkpoint."),
    ],
)
def test_a_stop_says_what_is_kept(command, work, own_home: Path, who, sentence):
    stop_with_checkpoint_of(who, own_home, work)
    assert sentence in command(*RUN).err


def test_an_unknown_run_is_bad_input(command, work):
    command(*RUN)
    answer = command("resume", "nothing", "--json")
    assert (answer.code, answer.last["status"]) == (2, "invalid")
    assert work.done[0] in answer.err


def test_an_unexpected_error_is_one_sentence_and_a_file(command, work):
    work.while_working = lambda _control: {}["gone"]
    answer = command(*RUN)
    assert answer.code == 1
    assert "Traceback" not in answer.err
    sentence = answer.err.strip().splitlines()[-1]
    file = Path(sentence.partition("The traceback is in ")[2].partition(";")[0])
    assert "KeyError: 'gone'" in file.read_text()
    file.unlink()


def test_debug_shows_the_traceback(command, work):
    work.while_working = lambda _control: {}["gone"]
    assert "Traceback" in command(*RUN, "--debug").err


def test_a_finished_run_is_shown_again(command, work):
    command(*RUN)
    assert "12.0 points above" in command("show", work.done[0]).out
    assert command("show", work.done[0], "--json").last["run_id"] == work.done[0]


def test_a_stopped_run_is_shown_with_the_way_on(command, work):
    work.ends = "stopped"
    command(*RUN)
    assert f"resume {work.done[0]}" in command("show", work.done[0]).out
    assert command("show", work.done[0], "--json").last["status"] == "stopped"


def test_an_unfinished_run_shows_how_far_it_came(command, work, own_home: Path, life_of):
    work.ends = "stopped"
    command(*RUN)
    store = Store(own_home)
    assert "no training has begun" in command("show", work.done[0]).out
    baseline = store.create(DistillConfig(teacher=None, baseline=False), role="baseline", parent=work.done[0])
    store.append_numbered(life_of(baseline, DistillConfig(), baseline=True)[:4])
    out = command("show", work.done[0]).out
    assert "the baseline came to step 10 of 20, in epoch 2 of 2; last validation accuracy 40.0%" in out
    later = [dataclasses.replace(event, time=event.time + 100) for event in life_of(work.done[0], DistillConfig())]
    store.append_numbered(later[:-1])
    out = command("show", work.done[0]).out
    assert (
        f"{work.done[0]}: stopped; the student came to step 20 of 20, in epoch 2 of 2 (distil); last validation "
        "accuracy 40.0%"
    ) in out
    assert command("show", work.done[0], "--json").last["progress"] == {
        "training": "student",
        "phase": "distil",
        "step": 20,
        "steps": 20,
        "epoch": 2,
        "epochs": 2,
        "validation_accuracy": 0.4,
    }


def test_a_run_whose_checkpoint_is_damaged_is_not_offered_to_be_resumed(command, work):
    work.ends, work.error = "failed", "The checkpoint is damaged. The command for that: run config.json"
    work.details = "Traceback\ndistill_core.runs.faults.UnusableCheckpoint: The checkpoint is damaged."
    command(*RUN)
    out = command("show", work.done[0]).out
    assert work.error in out
    assert "resume" not in out
    work.details = "Traceback\ndistill_core.errors.CheckpointError: the teacher's"
    command("resume", work.done[0])
    assert f"resume {work.done[0]}" in command("show", work.done[0]).out


def test_a_warning_is_printed_once_and_shown_again_later(command, work):
    work.warnings = ["Alpha [bold] is odd.", "Said by nobody yet."]
    out = command(*RUN).out
    assert out.count("Note: Alpha [bold] is odd.") == 1
    assert out.count("Note: Said by nobody yet.") == 1
    assert "Note: Alpha [bold] is odd." in command("show", work.done[0]).out


def test_a_home_that_cannot_be_written_is_named(command, work, monkeypatch, tmp_path: Path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path / "file" / "home"))
    answer = command(*RUN, "--json")
    assert answer.code == 1
    assert "DISTILL_HOME" in answer.last["error"]
