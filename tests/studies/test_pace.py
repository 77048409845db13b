"""How long runs may take, from runs that were made up with known times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.presets import load
from distill_core.runs.records import RunRecord
from distill_core.studies.pace import forecast
from distill_core.studies.plan import Job

INPUTS = 8000


def finished(took: float, speed: float | None, **settings: Any) -> RunRecord:
    """A finished run that took so many seconds and so many images a second."""
    config = load("quickstart").changed(settings)
    return RunRecord(
        id="made-up",
        name="",
        role="run",
        status="finished",
        config=config,
        fingerprint=config.fingerprint(),
        baseline_id=None,
        created=0.0,
        started=100.0,
        ended=100.0 + took,
        summary={"images_per_second": speed},
        error=None,
        details=None,
        folder=Path("nowhere"),
        owner="",
    )


def job(**settings: Any) -> Job:
    config = load("quickstart").changed(settings)
    return Job("", config.seed, config, "")


def test_a_run_like_it_tells_the_time_whole_and_the_quickest_counts() -> None:
    known = [finished(50, 5000), finished(40, 5000, temperature=8.0), finished(70, None, label_budget=800)]
    found = forecast(known, (job(alpha=0.5),))
    assert found is not None
    assert (found.seconds, found.whole) == (40, True)
    assert found.sentence == "about 40 s, going by the quickest such runs here"


def test_a_run_of_another_length_is_told_by_the_pace_of_its_models() -> None:
    known = [finished(50, 4000), finished(50, 5000)]
    found = forecast(known, (job(epochs=30, baseline=False),))
    assert found is not None
    assert found.seconds == pytest.approx(30 * INPUTS / 5000)
    assert "of training, going by runs of the same models here; export and measuring follow" in found.sentence


def test_a_baseline_is_counted_once_and_only_if_nobody_made_it() -> None:
    known = [finished(50, 4000, epochs=14)]
    here = forecast(known, (job(epochs=14, baseline=True), job(epochs=14, baseline=True, temperature=2.0)))
    assert here is not None
    assert here.seconds == 100
    new = forecast(known, (job(epochs=2), job(epochs=2, temperature=2.0)))
    assert new is not None
    assert new.seconds == pytest.approx(3 * 2 * INPUTS / 4000)
    longer = forecast([*known, finished(9, None, epochs=2)], (job(epochs=2), job(epochs=3, baseline=False)))
    assert longer is not None
    assert longer.seconds == pytest.approx((2 + 3) * INPUTS / 4000)


@pytest.mark.parametrize(
    "other",
    [{"student": "resnet8-w8"}, {"teacher": "resnet20-fashion"}, {"terms": ["hint"]}, {"dataset": "digits"}],
)
def test_nothing_is_said_of_what_nobody_trained_here(other: dict[str, Any]) -> None:
    assert forecast([finished(50, 4000)], (job(**other),)) is None
    assert forecast([finished(50, 4000)], (job(), job(**other))) is None


def test_nothing_is_said_of_no_runs_and_by_no_runs() -> None:
    assert forecast([finished(50, 4000)], ()) is None
    assert forecast([], (job(),)) is None
