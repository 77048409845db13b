"""What the workbench promises about its speed, held against what a contest measured."""

from __future__ import annotations

from dataclasses import asdict
from statistics import median
from typing import Any

import torch

from distill_core.bench.contest import Measured
from distill_core.bench.ratios import Check, same_accuracy, times_faster
from distill_core.bench.work import BATCH, DRAWS, STUDENT, TEACHER, Size

OF_HAND_WRITTEN = 0.95
CACHED = 3.0
FILLING = 2.0


def promises(size: Size, measured: Measured) -> dict[str, Any]:
    """The work, the rates, the checks and the accuracies, as plain data."""
    images = size.images_per_epoch
    ordinary, cached = measured.ordinary[DRAWS:], measured.workbench[DRAWS:]
    over_all = sum(measured.ordinary) / sum(measured.workbench)
    checks = (
        Check("workbench, cached / hand-written", OF_HAND_WRITTEN, *times_faster(cached, measured.by_hand)),
        Check("workbench, cached / ordinary", CACHED, *times_faster(cached, ordinary)),
        Check(f"workbench over {size.epochs} epochs / ordinary", FILLING, over_all, over_all, over_all),
    )
    lengths = [size.epochs] + [size.short_epochs] * size.seeds
    accuracy = same_accuracy(measured.workbench_accuracy, measured.ordinary_accuracy, lengths, size.test_images)
    epochs = {
        "ordinary": measured.ordinary,
        "hand-written, cached": measured.by_hand,
        "workbench, cached": cached,
        "workbench, filling its cache": measured.workbench[:DRAWS],
        f"workbench, all {size.epochs} epochs": measured.workbench,
    }
    return {
        "passed": all(check.passed for check in checks) and accuracy.passed,
        "checks": [{**asdict(check), "passed": check.passed} for check in checks],
        "accuracy": {
            **asdict(accuracy),
            "passed": accuracy.passed,
            "epochs": lengths,
        },
        "loops": {
            name: {
                "images_per_second": images / median(seconds)
                if "all" not in name
                else images * len(seconds) / sum(seconds),
                "epoch_seconds": seconds,
            }
            for name, seconds in epochs.items()
        },
        "work": {
            "student": STUDENT,
            "teacher": TEACHER,
            **measured.facts,
            "images": size.images,
            "test_images": size.test_images,
            "batch": BATCH,
            "draws": DRAWS,
            "epochs": size.epochs,
            "ordinary_by_workers": {str(workers): rate for workers, rate in measured.workers.items()},
            "torch": torch.__version__,
            "cpu": torch.backends.cpu.get_cpu_capability(),
        },
    }
