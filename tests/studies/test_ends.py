"""What is told of runs that ended, and of the studies they belong to."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.runs.store import Store
from distill_core.studies.ends import ends
from distill_core.studies.plan import StudyPlan, grid

PLAN = StudyPlan(name="s", title="Alpha", base=DistillConfig(), variants=grid({"alpha": [0.5, 0.9]}), seeds=(0,))
RESULT = {"student": {"accuracy": 0.8}, "versions": {"torch": version("torch")}}


@pytest.fixture
def store(own_home: Path) -> Store:
    return Store(own_home)


def finish(store: Store, run_id: str) -> None:
    store.claim(run_id)
    assert store.finish(run_id, RESULT, data_sha256="0", torch_version=version("torch"))


def told(store: Store, since: float = 0) -> list[tuple[str, str]]:
    found = ends(store.ended_since(since), [PLAN], store.list(role="run"))
    return [(end.name, end.sentence) for end in found]


def queued(store: Store) -> list[str]:
    return [store.create(job.config) for job in PLAN.jobs()]


def test_a_run_of_no_study_is_told_by_its_name(store: Store) -> None:
    finish(store, store.create(DistillConfig(name="mine")))
    assert told(store) == [("mine", "is finished: 80.0% of the test images right.")]


def test_the_runs_of_a_study_are_told_of_once_when_all_are_over(store: Store) -> None:
    first, second = queued(store)
    finish(store, first)
    assert told(store) == []
    finish(store, second)
    assert told(store, since=store.get(first).ended or 0) == [("Alpha", "is finished: all 2 runs of the study.")]


def test_between_two_runs_of_a_study_in_a_terminal_nothing_is_told(store: Store) -> None:
    first, second = (job.config for job in PLAN.jobs())
    finish(store, store.create(first))
    assert told(store) == [], "the next run is not even waiting yet"
    finish(store, store.create(second))
    assert told(store) == [("Alpha", "is finished: all 2 runs of the study.")]


def test_a_run_that_fails_inside_a_study_is_told_at_once_and_again_at_the_studys_end(store: Store) -> None:
    first, second = queued(store)
    store.set_status(first, "failed", error="No memory.")
    ((name, sentence),) = told(store)
    assert (name, sentence) == ("s: alpha 0.5", "failed. No memory.")
    finish(store, second)
    assert told(store, since=store.get(first).ended or 0) == [
        ("Alpha", "has ended: 1 of the study's 2 runs are finished, 1 failed.")
    ]


def test_a_stopped_study_says_how_many_runs_are_finished(store: Store) -> None:
    first, second = queued(store)
    finish(store, first)
    store.set_status(second, "stopped")
    assert told(store) == [("Alpha", "has ended: 1 of the study's 2 runs are finished, 0 failed.")]


def test_a_run_that_a_study_would_count_but_did_not_start_is_told_by_itself(store: Store) -> None:
    settings: dict[str, Any] = {"alpha": 0.5, "name": "by hand"}
    finish(store, store.create(DistillConfig().changed(settings)))
    assert [name for name, _ in told(store)] == ["by hand"]


def test_ends_come_in_their_order_without_baselines_and_without_what_was_put_aside(store: Store) -> None:
    runs = [store.create(DistillConfig(name=name)) for name in ("a", "b", "c")]
    baseline = store.create(DistillConfig(teacher=None), role="baseline", parent=runs[0])
    for run_id in (runs[1], baseline, runs[0], runs[2]):
        finish(store, run_id)
    store.remarks.put_aside(runs[2])
    assert [record.name for record in store.ended_since(0)] == ["b", "a"]
