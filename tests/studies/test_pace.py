"""How long runs may take, from runs that were made up with known times."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.presets import load
from distill_core.runs.records import RunRecord
from distill_core.studies.pace import _way, in_words, study_seconds, training_seconds
from distill_core.studies.plan import Job

INPUTS = 8000


def finished(speed: float, *, of_baseline: bool = False, **settings: Any) -> RunRecord:
    """A finished run that took in so many images a second, or its baseline."""
    made = config(**settings)
    made = made.baseline_config() if of_baseline else made
    return RunRecord(
        id="made-up",
        name="",
        role="baseline" if of_baseline else "run",
        status="finished",
        config=made,
        fingerprint=made.fingerprint(),
        baseline_id=None,
        created=0.0,
        started=100.0,
        ended=200.0,
        summary={"images_per_second": speed, "versions": {"torch": version("torch")}},
        error=None,
        details=None,
        folder=Path("nowhere"),
        owner="",
    )


def config(**settings: Any) -> DistillConfig:
    return load("quickstart").changed(settings)


def test_a_run_is_told_by_the_quickest_that_learned_in_the_same_way_whatever_it_learned() -> None:
    known = [finished(4000), finished(5000, temperature=8.0, label_budget=800, seed=4), finished(2500, alpha=0.5)]
    assert training_seconds(known, [config(epochs=30, baseline=False)]) == pytest.approx(30 * INPUTS / 5000)


@pytest.mark.parametrize(
    "other",
    [
        {"student": "resnet8-w8"},
        {"teacher": "resnet20-fashion"},
        {"terms": ["hint"]},
        {"dataset": "digits"},
        {"batch_size": 8},
        {"randaugment": True},
        {"threads": 1},
        {"alpha": 0.0},
        {"phases": [{"name": "only", "share": 1.0, "terms": {"ce": 1.0}}]},
    ],
    ids=str,
)
def test_nothing_is_said_of_what_learns_in_a_way_that_nobody_timed_here(other: dict[str, Any]) -> None:
    wanted = config(baseline=False)
    assert training_seconds([finished(4000)], [wanted]) is not None
    assert training_seconds([finished(4000)], [wanted.changed(other)]) is None
    assert training_seconds([finished(4000)], [wanted, wanted.changed(other)]) is None


def test_folders_are_told_apart(tmp_path: Path) -> None:
    here = {"dataset": "folder", "data_folder": str(tmp_path)}
    assert _way(config(**here)) != _way(config(dataset="folder", data_folder=str(tmp_path / "other")))
    assert _way(config(**here)) == _way(config(**here, seed=9))


def test_a_baseline_is_counted_once_by_its_own_pace_and_not_if_somebody_made_it() -> None:
    known = [finished(4000), finished(8000, of_baseline=True)]
    two = [config(), config(temperature=2.0)]
    assert training_seconds(known, two) == pytest.approx(2 * 14 * INPUTS / 4000)
    new = [each.changed({"seed": 1}) for each in two]
    assert training_seconds(known, new) == pytest.approx(2 * 14 * INPUTS / 4000 + 14 * INPUTS / 8000)
    assert training_seconds([finished(4000)], [config()]) is None, "how fast its baseline learns is not known"


def test_of_a_study_only_what_it_lacks_is_counted() -> None:
    known = [finished(4000), finished(8000, of_baseline=True)]
    jobs = [Job("here", 0, config(), ""), Job("lacking", 0, config(temperature=2.0), "")]
    assert study_seconds(known, jobs) == pytest.approx(14 * INPUTS / 4000)
    assert study_seconds(known, jobs[:1]) == 0


def test_it_is_told_with_what_comes_on_top() -> None:
    assert in_words(38).startswith("about 40 s of training, by how fast")
