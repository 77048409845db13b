"""`python -m distill_core bench`: the promises about training speed, measured on one piece of work in one process.

The loops take turns epoch by epoch, so that whatever else the machine does falls on all of them, and ratios are taken
within a round. Scoring is left out of every loop's time; everything else is in it: batches, logging, checkpoints, and
for the workbench the filling of its cache and the writing of it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.bench.report import report
from distill_core.errors import ConfigError
from distill_core.home import default_home

if TYPE_CHECKING:
    from distill_core.bench.work import Say, Size

__all__ = ["bench", "report", "run"]


def bench(epochs: int = 10, quick: bool = False, json: bool = False) -> int:
    """Runs the benchmark and prints it; progress goes to stderr.

    Args:
        epochs: of the timed run.
        quick: an eighth of the images; the ratios are then rough.
        json: print one JSON object instead of the table.

    Returns:
        The exit code: 0 if every promise holds, else 1.

    Raises:
        ConfigError: if there are too few epochs.
    """
    result = run(epochs, quick, say=lambda line: print(line, file=sys.stderr, flush=True))
    print(dumps(result) if json else report(result))
    return 0 if result["passed"] else 1


def run(
    epochs: int = 10, quick: bool = False, home: Path | None = None, say: Say = lambda _line: None
) -> dict[str, Any]:
    """Measures everything once.

    Args:
        epochs: of the timed run.
        quick: an eighth of the images.
        home: where the benchmark's teacher is kept; None for the default.
        say: told how it goes.

    Returns:
        Plain data: the work, images per second of each loop, the checks and the accuracies; `report` makes it readable.

    Raises:
        ConfigError: if there are too few epochs.
    """
    size = size_of(epochs, quick)

    from distill_core.bench.contest import Contest
    from distill_core.bench.promises import promises

    begun, load = time.perf_counter(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="distill-bench-") as scratch:
        contest = Contest(size, home or default_home(), Path(scratch), say)
        ready = time.perf_counter()
        contest.choose_workers()
        contest.timed_run()
        contest.further_seeds()
    ended = time.perf_counter()
    return {
        **promises(size, contest.measured),
        "quick": quick,
        "load_at_start": load,
        "seconds": {"teacher": ready - begun, "measuring": ended - ready},
    }


def size_of(epochs: int, quick: bool) -> Size:
    """How much of the work a run of the benchmark does.

    Raises:
        ConfigError: if the run would be over before its cache is full.
    """
    from distill_core.bench.work import DRAWS, Size

    if epochs <= DRAWS:
        raise ConfigError(f"epochs: got {epochs}; take more than {DRAWS}, for the cache is full after {DRAWS}")
    if quick:
        return Size(images=1280, test_images=1000, epochs=epochs, short_epochs=2, seeds=2, teacher_epochs=3)
    return Size(images=10_000, test_images=4000, epochs=epochs, short_epochs=epochs, seeds=2, teacher_epochs=3)
