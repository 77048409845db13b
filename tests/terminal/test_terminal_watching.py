from __future__ import annotations

import io

import pytest
from rich.console import Console

from distill_core.config import DistillConfig
from distill_core.events import Evaluated, Preparing, Resumed
from distill_core.runs.records import RunEvent
from distill_core.terminal.display import Bar
from distill_core.terminal.watching import Watch

CONFIG = DistillConfig()


def seen(watch: Watch, events) -> list[str]:
    return [said.text for event in events for said in watch.see(event)]


def test_phases_are_told_as_they_pass(life_of):
    lines = seen(Watch("s", CONFIG), life_of("s", CONFIG))
    assert "student: warm-up, from 4,000 images" in lines
    assert "student: distil, from 4,000 images" in lines
    assert lines[0] == (
        "resnet8-w8 (19.8k parameters) learns from big (900k parameters) on 8,000 images of fashion-mnist-mini, "
        "400 of 8,000 labels"
    )


def test_what_the_test_says_is_told_before_the_file_is_made():
    watch = Watch("s", CONFIG.changed({"task": "language"}))
    metrics = {"kl": 0.5633, "perplexity": 3.163, "valid_steps": 0.2, "reasoning": None}
    student = Evaluated(9, 2, "test", "student", 0.684, 1.15, metrics=metrics)
    teacher = Evaluated(9, 2, "test", "teacher", 1.0, 0.76, metrics={"perplexity": 2.137})
    assert seen(watch, [RunEvent("s", seq, 0.0, each) for seq, each in enumerate((student, teacher), start=1)]) == [
        "On test, the student: 68.4%, Perplexity 3.163, KL to the teacher 0.5633",
        "On test, the teacher: 100.0%, Perplexity 2.137",
    ]
    assert seen(watch, [RunEvent("b", 1, 0.0, student)])[0].startswith("On test, the baseline: 68.4%")


def test_the_baseline_is_told_apart_from_the_student(life_of):
    watch = Watch("s", CONFIG)
    lines = seen(watch, life_of("b", CONFIG, baseline=True))
    assert lines[0].startswith("Baseline first: resnet8-w8")
    assert [line for line in lines if "labels only" in line] == ["baseline: labels only, 4,000 images"]
    assert not [line for line in lines if "distil" in line]
    assert watch.doing == "baseline: labels only"


def test_the_share_counts_the_baseline_as_half_of_the_job(life_of):
    watch = Watch("s", CONFIG)
    seen(watch, life_of("b", CONFIG, baseline=True))
    assert watch.share == pytest.approx(0.5)
    seen(watch, life_of("s", CONFIG)[:4])
    assert watch.share == pytest.approx(0.75)


def test_a_baseline_trained_earlier_is_not_counted(life_of):
    watch = Watch("s", CONFIG)
    seen(watch, life_of("s", CONFIG)[:4])
    assert watch.share == pytest.approx(0.5)


def test_while_the_baseline_trains_the_time_left_includes_the_student(life_of):
    watch = Watch("s", CONFIG)
    seen(watch, life_of("b", CONFIG, baseline=True)[:4])
    # 10 s of the baseline are left at 1 s a step, and the student has 20 steps.
    assert watch.seconds_left == pytest.approx(30)


def test_a_baseline_in_place_of_another_counts_from_its_start(life_of):
    watch = Watch("s", CONFIG)
    seen(watch, life_of("b", CONFIG, baseline=True))
    seen(watch, life_of("anew", CONFIG, baseline=True)[:1])
    assert watch.share == 0
    seen(watch, life_of("anew", CONFIG, baseline=True)[1:4])
    assert watch.share == pytest.approx(0.25)


def test_work_that_was_done_before_is_not_told_as_if_it_were_done_now():
    watch = Watch("s", CONFIG)
    assert seen(watch, [RunEvent("s", 1, 0.0, Preparing("The teacher writes answers", 300, 300))]) == []
    once = Preparing("The baseline was trained before", 1, 1, "runs")
    assert seen(watch, [RunEvent("s", 2, 0.0, once)]) == ["The baseline was trained before"]


def test_preparations_are_told_once_and_shown_while_they_last():
    watch = Watch("s", CONFIG)
    preparing = [RunEvent("s", seq, 0.0, Preparing("The teacher answers", seq, 3)) for seq in (1, 2, 3)]
    assert seen(watch, preparing) == ["The teacher answers"]
    assert watch.doing == "getting ready"


def test_going_on_from_a_checkpoint_is_told():
    assert seen(Watch("s", CONFIG), [RunEvent("s", 1, 0.0, Resumed(120))]) == ["Goes on from step 120"]


def test_a_terminal_shows_a_bar_with_phase_time_left_and_figures(life_of):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, legacy_windows=False)
    bar = Bar(console, Watch("s", CONFIG))
    with bar:
        for event in life_of("s", CONFIG)[:5]:
            bar.hear(event)
        bar._progress.refresh()
    text = screen.getvalue()
    assert "student: distil" in text
    assert "50%" in text
    assert "loss 0.900" in text
    assert "validation 40.0%" in text
    assert "epoch 1 of 2" not in text
