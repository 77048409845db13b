from __future__ import annotations

import functools
import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import distill_core.runs
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, DistillError, DivergedError, StorageError
from distill_core.runs import manager as manager_module
from distill_core.runs.database import Database
from distill_core.runs.execute import execute
from distill_core.runs.manager import Manager, get_manager
from distill_core.runs.records import RunEvent, Snapshot
from distill_core.runs.store import Store


@pytest.fixture
def manager(own_home: Path, engine: Any, edge: Any, check: Any) -> Iterator[Manager]:
    made = Manager(own_home, execute=functools.partial(execute, engine=engine, edge=edge, check=check))
    yield made
    for run_id in [*made.queue(), *filter(None, [made.active()])]:
        made.stop(run_id)
    until(lambda: made.active() is None)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def wait_for(manager: Manager, run_id: str, status: str) -> Snapshot:
    until(lambda: manager.snapshot(run_id).status == status)
    return manager.snapshot(run_id)


def test_a_submitted_run_is_done_and_told_in_full(manager: Manager, config: DistillConfig) -> None:
    run_id = manager.submit(config, name="My run")
    snapshot = wait_for(manager, run_id, "finished")
    assert snapshot.record.name == "My run"
    assert snapshot.record.config.name == "My run"
    assert snapshot.record.summary is not None
    assert {event.run_id for event in snapshot.events} == {run_id, snapshot.baseline_id}
    assert snapshot.progress.share == 1.0
    assert snapshot.progress.doing == "Finished"


def test_a_reader_who_follows_the_cursor_sees_each_event_once_and_in_order(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 5
    run_id, since, seen = manager.submit(config), 0, list[RunEvent]()
    shares = [0.0]
    while True:
        snapshot = manager.snapshot(run_id, since)
        since = snapshot.last_seq
        seen += snapshot.events
        shares.append(snapshot.progress.share)
        if snapshot.progress.step >= 5:
            engine.rests_at = None
        if snapshot.record.over:
            break
    until(lambda: manager.active() is None)
    seen += manager.snapshot(run_id, since).events
    assert len(seen) == len({(event.run_id, event.seq) for event in seen})
    assert sorted(seen, key=lambda event: event.time) == sorted(
        manager.snapshot(run_id).events, key=lambda event: event.time
    )
    assert shares == sorted(shares)


def test_a_look_without_news_is_the_same_object_and_asks_no_database(
    manager: Manager, config: DistillConfig, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.rests_at = 2
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 2)
    manager.pause(run_id)
    paused = wait_for(manager, run_id, "paused")
    with monkeypatch.context() as patched:
        patched.setattr(Database, "session", None)
        last = manager.snapshot(run_id).last_seq
        quiet = manager.snapshot(run_id, last)
        assert quiet is manager.snapshot(run_id, last)
    assert quiet.events == ()
    assert paused.progress.doing == "Paused"


def test_pause_holds_baseline_and_run_and_unpause_lets_them_go_on(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 1
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 1)
    manager.pause(run_id)
    held = wait_for(manager, run_id, "paused")
    assert held.baseline_id is not None
    until(lambda: manager.snapshot(held.baseline_id or "").status == "paused")
    step = manager.snapshot(run_id).progress.step
    time.sleep(0.05)
    assert manager.snapshot(run_id).progress.step == step
    engine.rests_at = None
    manager.unpause(run_id)
    wait_for(manager, run_id, "finished")


def test_a_pause_is_known_before_the_run_comes_to_it(manager: Manager, config: DistillConfig, engine: Any) -> None:
    engine.rests_at, engine.deaf = 1, True
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 1)
    assert not manager.pausing(run_id)
    manager.pause(run_id)
    assert manager.pausing(run_id)
    engine.deaf = False
    wait_for(manager, run_id, "paused")
    assert not manager.pausing(run_id)
    manager.stop(run_id)
    wait_for(manager, run_id, "stopped")


def test_stop_is_shown_at_once_may_be_asked_twice_and_can_be_resumed(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 1
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 1)
    manager.stop(run_id)
    assert manager.snapshot(run_id).status in ("stopping", "stopped")
    manager.stop(run_id)
    wait_for(manager, run_id, "stopped")
    manager.stop(run_id)
    engine.rests_at = None
    until(lambda: manager.active() is None)
    assert manager.resume(run_id) == run_id
    assert wait_for(manager, run_id, "finished").error is None


def test_a_paused_run_can_be_stopped(manager: Manager, config: DistillConfig, engine: Any) -> None:
    engine.rests_at = 1
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 1)
    manager.pause(run_id)
    wait_for(manager, run_id, "paused")
    manager.stop(run_id)
    wait_for(manager, run_id, "stopped")


def test_a_run_stopped_while_it_waits_never_runs(manager: Manager, config: DistillConfig, engine: Any) -> None:
    engine.rests_at = 0
    first = manager.submit(config)
    until(lambda: manager.active() == first)
    second, third = manager.submit(config), manager.submit(config)
    assert manager.queue() == [second, third]
    assert manager.snapshot(second).progress.doing == "Waiting for its turn"
    manager.stop(second)
    assert manager.queue() == [third]
    assert manager.snapshot(second).status == "stopped"
    engine.rests_at = None
    wait_for(manager, third, "finished")
    assert manager.snapshot(second).events == ()


def test_a_failure_is_told_in_the_snapshot(manager: Manager, config: DistillConfig, engine: Any) -> None:
    engine.fail["student"] = DistillError("Do this instead.")
    snapshot = wait_for(manager, manager.submit(config), "failed")
    assert snapshot.error == "Do this instead."
    engine.fail.clear()
    wait_for(manager, manager.submit(config), "finished")


def test_a_reader_sees_all_of_a_baseline_that_replaces_a_damaged_one(
    own_home: Path, config: DistillConfig, engine: Any, edge: Any, check: Any
) -> None:
    def damaged_when_resumed(*args: Any, **settings: Any) -> Any:
        if settings["resume"]:
            raise CheckpointError("damaged")
        return engine(*args, **settings)

    do = functools.partial(execute, engine=damaged_when_resumed, edge=edge, check=check)
    manager = Manager(own_home, execute=do)
    engine.fail["baseline"] = StorageError("full")
    run_id = manager.submit(config)
    failed = wait_for(manager, run_id, "failed")
    until(lambda: manager.active() is None)
    engine.fail.clear()
    since = manager.snapshot(run_id).last_seq
    manager.resume(run_id)
    done = wait_for(manager, run_id, "finished")
    assert done.baseline_id not in (None, failed.baseline_id)
    news = manager.snapshot(run_id, since).events
    assert [event.seq for event in news if event.run_id == done.baseline_id] == [
        event.seq for event in manager.store.events(done.baseline_id or "")
    ]


def test_a_baseline_that_failed_is_no_longer_the_runs(manager: Manager, config: DistillConfig, engine: Any) -> None:
    engine.fail["baseline"] = DivergedError("no number")
    snapshot = wait_for(manager, manager.submit(config), "finished")
    assert snapshot.baseline_id is None
    assert {event.run_id for event in snapshot.events} == {snapshot.run_id}


def test_only_what_ended_early_can_be_resumed(manager: Manager, config: DistillConfig) -> None:
    run_id = manager.submit(config)
    wait_for(manager, run_id, "finished")
    with pytest.raises(DistillError, match="is finished; only"):
        manager.resume(run_id)
    with pytest.raises(DistillError, match="There is no run"):
        manager.resume("nope")


def test_a_run_that_is_not_there_is_told_in_a_sentence(manager: Manager) -> None:
    for ask in (manager.snapshot, manager.stop, manager.delete):
        with pytest.raises(DistillError, match="There is no run"):
            ask("nope")


def test_a_run_of_another_process_is_followed_through_the_store(
    manager: Manager, config: DistillConfig, engine: Any, edge: Any, check: Any, own_home: Path
) -> None:
    other = Store(own_home)
    run_id = other.create(config)
    assert manager.snapshot(run_id).status == "queued"
    since = manager.snapshot(run_id).last_seq
    execute(run_id, other, own_home, engine=engine, edge=edge, check=check)
    snapshot = manager.snapshot(run_id, since)
    assert snapshot.status == "finished"
    assert [e for e in snapshot.events if e.run_id == run_id] == other.events(run_id)
    assert manager.snapshot(run_id, snapshot.last_seq).events == ()
    other.close()


def test_a_run_of_another_process_can_be_stopped_through_the_store(
    manager: Manager, config: DistillConfig, engine: Any, edge: Any, check: Any, own_home: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("distill_core.runs.recorder.FLUSH_SECONDS", 0.02)
    monkeypatch.setattr("distill_core.runs.recorder.WISH_SECONDS", 0.02)
    engine.rests_at = 1
    other = Store(own_home)
    run_id = other.create(config)
    settings = {"engine": engine, "edge": edge, "check": check}
    thread = threading.Thread(target=execute, args=(run_id, other, own_home), kwargs=settings)
    thread.start()
    until(lambda: manager.snapshot(run_id).status == "running")
    manager.stop(run_id)
    assert manager.snapshot(run_id).status in ("stopping", "stopped")
    thread.join(60)
    assert manager.snapshot(run_id).status == "stopped"
    other.close()


def test_an_end_that_could_not_be_stored_is_shown_and_stored_later(
    own_home: Path, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "ADOPT_SECONDS", 0.05)

    def full(run_id: str, store: Store, *_: Any, **__: Any) -> None:
        store.claim(run_id)
        raise StorageError("The database is full.")

    manager = Manager(own_home, execute=full)
    run_id = manager.submit(config)
    snapshot = wait_for(manager, run_id, "failed")
    assert snapshot.error == "The database is full."
    until(lambda: manager.store.get(run_id).status == "failed")
    assert manager.active() is None


def test_runs_left_by_a_dead_process_are_interrupted_when_the_manager_opens(
    own_home: Path, store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create(config)
    monkeypatch.setattr("distill_core.runs.store.is_gone", lambda _: True)
    manager = Manager(own_home)
    assert manager.snapshot(run_id).status == "interrupted"
    assert "Resume" in (manager.snapshot(run_id).error or "")


def test_the_manager_outlives_reloads_of_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_manager()
    assert get_manager() is before
    assert importlib.reload(manager_module).get_manager() is before
    monkeypatch.setattr(distill_core.runs, "manager", manager_module)
    monkeypatch.delitem(sys.modules, "distill_core.runs.manager")
    evicted = importlib.import_module("distill_core.runs.manager")
    assert evicted is not manager_module
    assert evicted.get_manager() is before


def test_threads_that_ask_at_once_get_one_manager(own_home: Path) -> None:
    found: list[Manager] = []
    threads = [threading.Thread(target=lambda: found.append(get_manager())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(manager) for manager in found}) == 1


def test_runs_that_wait_change_places_and_are_done_in_the_new_order(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 0
    first, *waiting = (manager.submit(config.changed({"seed": seed})) for seed in range(4))
    until(lambda: manager.active() == first)
    a, b, c = waiting
    assert manager.move(c, -1)
    assert manager.queue() == [a, c, b]
    assert manager.move(c, -9)
    assert manager.queue() == [c, a, b]
    assert not manager.move(c, -1)
    assert manager.move(c, 1)
    assert manager.queue() == [a, c, b]
    assert not manager.move(b, 1)
    assert not manager.move(first, -1), "it is in progress"
    assert not manager.move("nope", -1)
    manager.stop(a)
    assert manager.queue() == [c, b]
    assert manager.store.get(a).status == "stopped"
    engine.rests_at = None
    wait_for(manager, b, "finished")
    ended = [manager.store.get(run_id).ended or 0 for run_id in (first, c, b)]
    assert ended == sorted(ended)


def test_moves_and_submissions_from_many_threads_lose_no_run(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 0
    first = manager.submit(config)
    until(lambda: manager.active() == first)
    ids = [manager.submit(config) for _ in range(6)]

    def shuffle(run_id: str) -> None:
        for by in (-2, 1, -1, 3):
            manager.move(run_id, by)

    threads = [threading.Thread(target=shuffle, args=(run_id,)) for run_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(manager.queue()) == sorted(ids)
    for run_id in ids:
        manager.stop(run_id)
    assert manager.queue() == []


def test_what_is_said_of_a_run_at_work_is_in_its_next_snapshot(
    manager: Manager, config: DistillConfig, engine: Any
) -> None:
    engine.rests_at = 1
    run_id = manager.submit(config)
    until(lambda: manager.snapshot(run_id).progress.step >= 1)
    manager.remark(run_id, name="another", tags=["a"], note="n")
    record = manager.snapshot(run_id).record
    assert (record.name, record.tags, record.note) == ("another", ("a",), "n")
    with pytest.raises(DistillError, match="Stop it first"):
        manager.put_aside(run_id)
    engine.rests_at = None
    wait_for(manager, run_id, "finished")
    until(lambda: manager.active() is None)
    manager.put_aside(run_id)
    assert manager.snapshot(run_id).record.deleted is not None
    manager.bring_back(run_id)
    assert manager.snapshot(run_id).record.deleted is None
    assert manager.snapshot(run_id).record.name == "another"


def test_what_was_put_aside_long_ago_goes_when_the_manager_opens(
    own_home: Path, store: Store, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = store.create(config), store.create(config)
    for run_id, moment in ((old, 1.0), (new, time.time())):
        store.set_status(run_id, "stopped")
        monkeypatch.setattr("distill_core.runs.remarks.time.time", lambda moment=moment: moment)
        store.remarks.put_aside(run_id)
    monkeypatch.undo()
    manager = Manager(own_home)
    assert [record.id for record in manager.store.list(put_aside=True)] == [new]
