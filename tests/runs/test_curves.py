"""The small curves of a table of runs."""

from __future__ import annotations

import pytest

from distill_core.config import DistillConfig
from distill_core.events import Evaluated, Warned
from distill_core.runs.curves import Curves, validation
from distill_core.runs.store import Store


def scored(step: int, accuracy: float, **facts: str) -> Evaluated:
    return Evaluated(step, step // 10, facts.get("split", "validation"), facts.get("who", "student"), accuracy, 0.5)  # type: ignore[arg-type]


def test_only_the_students_validation_counts() -> None:
    events = [
        scored(0, 0.9, who="teacher"),
        scored(10, 0.5),
        Warned("x"),
        scored(20, 0.6),
        scored(20, 0.7, split="test"),
    ]
    assert validation(events) == [0.5, 0.6]


def test_steps_that_were_taken_again_count_once() -> None:
    events = [scored(10, 0.5), scored(20, 0.6), scored(30, 0.7), scored(20, 0.65), scored(30, 0.75)]
    assert validation(events) == [0.5, 0.65, 0.75]


def test_many_runs_are_read_in_two_queries_and_only_those_with_news_again(
    store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [store.create(config) for _ in range(3)]
    for run_id in ids[:2]:
        store.append_events(run_id, [Warned('{"kind": "Evaluated"'), scored(10, 0.5)])
    curves = Curves(store)
    asked: list[list[str]] = []
    read = store.events_of_kind
    monkeypatch.setattr(store, "events_of_kind", lambda wanted, kind: asked.append(list(wanted)) or read(wanted, kind))
    assert curves.of(ids) == {ids[0]: [0.5], ids[1]: [0.5], ids[2]: []}
    store.append_events(ids[1], [scored(20, 0.6)])
    assert curves.of(ids)[ids[1]] == [0.5, 0.6]
    assert curves.of(ids)[ids[0]] == [0.5]
    assert asked == [ids, [ids[1]]]
