from __future__ import annotations

import dataclasses
import os
import signal

import pytest

from distill_core.terminal.study import SeedResult, Study

STUDY = ("study", "--preset", "quickstart", "--seeds", "0,1,2")


def results(*gains: float) -> Study:
    return Study([SeedResult(seed, f"run-{seed}", 0.7, 0.7 + gain, 0.9) for seed, gain in enumerate(gains)])


def test_a_study_is_a_markdown_table_and_a_sentence(command, work):
    answer = command(*STUDY, "--markdown")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "| seed | labels only | distilled | teacher | gain |",
        "|---:|---:|---:|---:|---:|",
        "| 0 | 70.0% | 82.0% | 93.0% | +12.0 points |",
        "| 1 | 70.0% | 82.0% | 93.0% | +12.0 points |",
        "| 2 | 70.0% | 82.0% | 93.0% | +12.0 points |",
        "",
        "Distilling is better than labels alone: +12.0 points ± 0.0 (95% interval over 3 seeds).",
    ]


def test_repeating_a_study_trains_only_what_is_missing(command, work):
    command("study", "--preset", "quickstart", "--seeds", "0,1")
    assert len(work.done) == 2
    assert command(*STUDY, "--json").last["better"] is True
    assert len(work.done) == 3


def test_a_run_without_a_baseline_does_not_serve_a_study(command, work):
    command("run", "--preset", "quickstart", "--no-baseline")
    command("study", "--preset", "quickstart", "--seeds", "0")
    assert len(work.done) == 2


def test_a_stopped_study_ends_with_130_and_keeps_what_is_done(command, work):
    command("study", "--preset", "quickstart", "--seeds", "0")
    work.ends = "stopped"
    answer = command(*STUDY, "--json")
    assert (answer.code, answer.last["status"], answer.last["run_id"]) == (130, "stopped", work.done[1])
    assert len(work.done) == 2


def test_a_study_ends_when_it_is_told_to_while_a_file_is_made(command, work):
    def interrupt(control):
        os.kill(os.getpid(), signal.SIGINT)
        control._stop.wait(60)

    work.while_working, work.too_late_to_stop = interrupt, True
    answer = command(*STUDY, "--json")
    assert (answer.code, answer.last["status"]) == (130, "stopped")
    assert len(work.done) == 1


def test_a_failed_run_of_a_study_is_told_and_taken_up_again_only_on_request(command, work):
    work.ends = "failed"
    assert command(*STUDY).code == 1
    assert len(work.done) == 1
    work.ends = "finished"
    answer = command(*STUDY, "--json")
    assert (answer.code, answer.last["status"], answer.last["run_id"]) == (1, "failed", work.done[0])
    assert f"Seed 0: the run {work.done[0]} failed: {work.error}" in answer.err
    assert "--retry-failed" in answer.err
    assert len(work.done) == 1
    assert command(*STUDY, "--retry-failed").code == 0
    assert len(work.done) == 4
    assert command(*STUDY).code == 0
    assert len(work.done) == 4


def test_better_is_not_said_where_the_interval_includes_zero():
    assert results(0.02, -0.01, 0.03).to_dict()["better"] is False
    assert "includes 0" in results(0.02, -0.01, 0.03).markdown()


def test_the_json_has_every_seed():
    study = results(0.1, 0.12)
    assert study.to_dict()["seeds"][1] == {**dataclasses.asdict(study.results[1]), "gain": pytest.approx(0.12)}


@pytest.mark.parametrize("seeds", ["", "a,b", "1,1", "0;1"])
def test_seeds_that_are_none_are_bad_input(command, work, seeds):
    answer = command("study", "--preset", "quickstart", "--seeds", seeds)
    assert answer.code == 2
    assert "--seeds" in answer.err


def test_a_study_needs_a_teacher(command, work):
    answer = command("study", "--preset", "teacher")
    assert answer.code == 2
    assert "needs a teacher" in answer.err
