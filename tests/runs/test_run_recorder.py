from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import StorageError
from distill_core.events import Evaluated, Preparing, StepLogged, Warned
from distill_core.runs import recorder as recorder_module
from distill_core.runs.recorder import Recorder
from distill_core.runs.records import RunEvent
from distill_core.runs.store import Store


def nothing(_: Any) -> None:
    return None


def step(number: int) -> StepLogged:
    return StepLogged(number, "distil", {}, {}, 1.0, 0.1, 1.0, 1.0, 1.0)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def count_writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    batches: list[int] = []
    append = store.append_numbered

    def counted(events: list[RunEvent]) -> None:
        if events:
            batches.append(len(events))
        append(events)

    monkeypatch.setattr(store, "append_numbered", counted)
    return batches


def test_events_reach_the_listener_at_once_and_the_store_in_batches(
    store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill_core.runs.recorder.FLUSH_SECONDS", 600)
    run_id, heard = store.create(config), list[RunEvent]()
    batches = count_writes(store, monkeypatch)
    recorder = Recorder(store, heard.append, run_id, nothing)
    for number in range(200):
        recorder.emit(run_id, step(number))
        assert len(heard) == number + 1
    recorder.close()
    assert store.events(run_id) == heard
    assert [event.seq for event in heard] == list(range(1, 201))
    assert batches == [200]


def test_an_important_event_is_stored_without_waiting(
    store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill_core.runs.recorder.FLUSH_SECONDS", 600)
    run_id = store.create(config)
    recorder = Recorder(store, nothing, run_id, nothing)
    recorder.emit(run_id, step(1))
    recorder.emit(run_id, Warned("look"))
    until(lambda: store.pulse(run_id).last_seq == 2)
    recorder.close()


def test_ordinary_events_are_stored_within_the_second_though_nothing_follows(
    store: Store, config: DistillConfig
) -> None:
    run_id = store.create(config)
    recorder = Recorder(store, nothing, run_id, nothing)
    recorder.emit(run_id, step(1))
    until(lambda: store.pulse(run_id).last_seq == 1)
    assert recorder_module.FLUSH_SECONDS < 1
    recorder.close()


def test_numbers_go_on_after_those_of_an_earlier_attempt(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.append_events(run_id, [Warned("before"), Warned("again")])
    recorder = Recorder(store, nothing, run_id, nothing)
    recorder.emit(run_id, step(1))
    recorder.close()
    assert [event.seq for event in store.events(run_id)] == [1, 2, 3]


def test_a_long_run_keeps_a_bounded_history_and_every_best_epoch(store: Store, config: DistillConfig) -> None:
    run_id, heard = store.create(config), list[RunEvent]()
    recorder = Recorder(store, heard.append, run_id, nothing)
    for number in range(20_000):
        recorder.emit(run_id, Evaluated(number, number, "validation", "student", 0.5, 1.0, best=number == 15_001))
        recorder.emit(run_id, Preparing("x", number, 20_000))
    recorder.close()
    assert len(heard) < 5_000
    assert any(getattr(event.event, "best", False) for event in heard)
    assert store.pulse(run_id).last_seq == len(heard)


def test_a_listener_that_fails_does_not_break_the_run(store: Store, config: DistillConfig) -> None:
    def broken(_: RunEvent) -> None:
        raise RuntimeError("a page went wrong")

    run_id = store.create(config)
    recorder = Recorder(store, broken, run_id, nothing)
    recorder.emit(run_id, step(1))
    recorder.close()
    assert store.pulse(run_id).last_seq == 1


def test_a_listener_on_a_full_disk_ends_the_run_in_a_sentence(store: Store, config: DistillConfig) -> None:
    def full(_: RunEvent) -> None:
        raise OSError(28, "No space left on device")

    run_id = store.create(config)
    recorder = Recorder(store, full, run_id, nothing)
    with pytest.raises(StorageError, match="No space left on device"):
        recorder.emit(run_id, step(1))
    recorder.close()


def test_a_store_on_a_full_disk_ends_the_run_and_keeps_what_waits(
    store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create(config)
    recorder = Recorder(store, nothing, run_id, nothing)

    def full(_: object) -> None:
        raise StorageError("The database is full.")

    with monkeypatch.context() as patched:
        patched.setattr(store, "append_numbered", full)
        recorder.emit(run_id, Warned("first"))
        until(lambda: recorder._error is not None)
        with pytest.raises(StorageError, match="full"):
            recorder.emit(run_id, step(1))
    recorder.close()
    assert [event.event for event in store.events(run_id)] == [Warned("first")]


def test_a_wish_of_another_process_is_passed_on(
    store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill_core.runs.recorder.FLUSH_SECONDS", 0.02)
    monkeypatch.setattr("distill_core.runs.recorder.WISH_SECONDS", 0.02)
    run_id, wishes = store.create(config), list[str]()
    recorder = Recorder(store, nothing, run_id, wishes.append)
    store.wish(run_id, "stop")
    until(lambda: wishes == ["stop"])
    recorder.close()
