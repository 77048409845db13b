from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.runs.store import Store
from distill_core.studies.plan import Job, StudyPlan, grid
from distill_core.studies.running import FailedBefore, complete

PLAN = StudyPlan(name="s", base=DistillConfig(), variants=grid({"alpha": [0.5, 0.9]}), seeds=(0,))


@pytest.fixture
def store(own_home: Any) -> Store:
    return Store(own_home)


def test_a_run_that_works_elsewhere_is_not_started_twice(store: Store) -> None:
    first = next(iter(PLAN.jobs()))
    store.create(first.config)
    with pytest.raises(DistillError, match=r"alpha 0.5, seed 0: the run .* is queued in another process"):
        complete(store, PLAN, work=_never, say=lambda _sentence: None)


def test_a_run_that_failed_ends_the_study_unless_it_is_to_be_tried_again(store: Store) -> None:
    first = next(iter(PLAN.jobs()))
    store.set_status(store.create(first.config), "failed", error="no space")
    with pytest.raises(FailedBefore, match="no space"):
        complete(store, PLAN, work=_never, say=lambda _sentence: None)
    tried: list[str] = []

    def work(job: Job, record: Any) -> Any:
        tried.append(job.variant)
        assert record is None
        return replace(store.get(store.create(job.config)))

    complete(store, PLAN, work, say=lambda _sentence: None, retry_failed=True)
    assert tried == ["alpha 0.5", "alpha 0.9"]


def _never(*_: Any) -> Any:
    raise AssertionError("started")


def test_a_variant_that_cannot_run_is_named_before_any_is_run(store: Store) -> None:
    plan = StudyPlan(name="s", base=DistillConfig(), variants=grid({"student": ["cnn-w8", "resnet9-w8"]}), seeds=(0, 1))
    with pytest.raises(ConfigError) as refused:
        complete(store, plan, work=_never, say=lambda _sentence: None)
    sentences = str(refused.value).splitlines()
    assert len(sentences) == 1
    assert sentences[0].startswith("student resnet9-w8: student: 'resnet9-w8' cannot be built")
