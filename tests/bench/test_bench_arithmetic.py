import json
import subprocess
import sys

import pytest
import torch

from distill_core.bench.by_hand import ByHandLoop, crops_and_flips
from distill_core.bench.clocked import LapClock
from distill_core.bench.contest import Measured
from distill_core.bench.promises import promises
from distill_core.bench.ratios import Check, same_accuracy, times_faster
from distill_core.bench.report import report
from distill_core.bench.speed import size_of
from distill_core.bench.work import STUDENT, BenchTask, Size, recipe
from distill_core.errors import ConfigError

SIZE = Size(images=300, test_images=50, epochs=6, short_epochs=2, seeds=1, teacher_epochs=1)
FACTS = {
    "student_parameters": 78_042,
    "teacher_parameters": 466_906,
    "teacher_accuracy": 0.8,
    "teacher_forwards": 1200,
    "memory_format": "channels_last",
    "threads": 2,
}


def measured(workbench: list[float], workbench_accuracy: list[float]) -> Measured:
    return Measured(
        ordinary=[9.0] * 6,
        workbench=workbench,
        by_hand=[2.0, 2.0],
        ordinary_accuracy=[0.80, 0.70],
        workbench_accuracy=workbench_accuracy,
        workers={0: 100.0, 2: 90.0},
        facts=FACTS,
    )


def test_times_faster_is_the_median_of_the_ratios_of_each_round_and_not_the_ratio_of_medians() -> None:
    assert times_faster([1.0, 2.0, 4.0], [3.0, 20.0, 4.0]) == (3.0, 1.0, 10.0)


def test_rounds_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        times_faster([1.0, 2.0], [1.0])


def test_a_check_passes_at_its_bound_and_fails_below() -> None:
    assert Check("speed", 3.0, 3.0, 2.9, 3.1).passed
    assert not Check("speed", 3.0, 2.999, 2.9, 3.1).passed


def test_accuracies_that_differ_by_more_than_the_spread_over_seeds_do_not_pass() -> None:
    close = same_accuracy([0.80, 0.82], [0.81, 0.80], [2, 2], test_images=4000)
    far = same_accuracy([0.80, 0.82], [0.85, 0.87], [2, 2], test_images=4000)
    assert close.passed
    assert close.difference == pytest.approx(0.005)
    assert not far.passed
    assert far.noise == pytest.approx(2 * (2 * 0.0002 / 2) ** 0.5)


def test_runs_of_different_length_do_not_count_as_spread_over_seeds() -> None:
    check = same_accuracy([0.90, 0.70, 0.72], [0.90, 0.70, 0.72], [10, 3, 3], test_images=10**9)
    assert check.noise == pytest.approx(2 * (2 * 0.0002 / 3) ** 0.5)


def test_seeds_that_agree_by_luck_leave_the_sampling_error_of_the_test_set_as_noise() -> None:
    check = same_accuracy([0.5, 0.5], [0.5, 0.5], [2, 2], test_images=100)
    assert check.noise == pytest.approx(2 * 0.05)


def test_the_lap_clock_leaves_out_paused_time_also_across_a_lap() -> None:
    ticks = iter([0.0, 10.0, 12.0, 15.0, 20.0, 20.0, 27.0, 30.0])
    clock = LapClock(now=lambda: next(ticks))
    clock.start()
    with clock.paused():
        pass
    assert clock.lap() == pytest.approx(20 - 10 - 3)
    with clock.paused():
        pass
    assert clock.lap() == pytest.approx(30 - 20 - 7)


def test_promises_hold_for_a_fast_workbench_and_count_the_filling_in_the_run_as_a_whole() -> None:
    result = promises(SIZE, measured([6.0, 6.0, 6.0, 6.0, 2.0, 2.0], [0.80, 0.71]))
    by_hand, cached, filling = (check["measured"] for check in result["checks"])
    assert (by_hand, cached) == (1.0, 4.5)
    assert filling == pytest.approx(6 * 9 / (4 * 6 + 2 * 2))
    assert not result["passed"]  # 1.93 over the whole run is less than twice
    assert [check["passed"] for check in result["checks"]] == [True, True, False]
    assert promises(SIZE, measured([5.0, 5.0, 5.0, 5.0, 2.0, 2.0], [0.80, 0.71]))["passed"]


def test_a_workbench_that_learns_less_fails_however_fast_it_is() -> None:
    assert not promises(SIZE, measured([1.0] * 6, [0.20, 0.10]))["passed"]


def test_the_report_says_pass_or_fail_of_every_promise_also_after_json() -> None:
    result = promises(SIZE, measured([6.0, 6.0, 6.0, 6.0, 2.0, 2.0], [0.80, 0.71]))
    whole = {**result, "quick": True, "load_at_start": 0.3, "seconds": {"teacher": 60.0, "measuring": 30.4}}
    text = report(json.loads(json.dumps(whole)))
    rows = [line for line in text.splitlines() if line.endswith(("PASS |", "FAIL |"))]
    assert [row.rstrip(" |").rsplit(" ", 1)[1] for row in rows] == ["PASS", "PASS", "FAIL", "PASS"]
    assert "4.50" in rows[1]
    assert "Took 90 s" in text
    assert "Quick" in text


def test_the_hand_written_loop_sees_the_very_images_the_workbench_does() -> None:
    task = BenchTask(SIZE)
    config = recipe(SIZE, None, epochs=1, seed=0)
    data = task.load_data(config, home=None)  # type: ignore[arg-type]
    feed = task.feed(data.train, data.facts, config.augmentation, torch.device("cpu"), channels_last=True)
    loop = ByHandLoop(data, task.build(STUDENT, data.facts, 0), torch.zeros(4, len(data.train), 10), config)
    (top, left), flip = crops_and_flips(len(data.train), config.augmentation.augmentation_seed, draw=3)
    batch = torch.tensor([7, 0, 299, 150])
    ours = feed.augmented(batch, torch.full_like(batch, 3))
    torch.testing.assert_close(loop.images(batch, top, left, flip), ours)
    assert not torch.equal(ours, feed.plain(batch))


def test_a_run_too_short_to_use_its_cache_is_refused() -> None:
    with pytest.raises(ConfigError, match="epochs: got 4"):
        size_of(epochs=4, quick=True)


def test_importing_the_command_does_not_import_torch() -> None:
    code = "import sys, distill_core.bench.speed; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
